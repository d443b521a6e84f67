"""How model families write tool calls: each syntax declared once, as parts that write, constrain and read.

`parts` are the pieces of one call; a turn (`text_then_calls`, `role_segments`, `response_object`) says how text and
calls share the assistant's turn. A format combines them and adds no code of its own.
"""
