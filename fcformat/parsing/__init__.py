"""From text to messages, incrementally: cursors, tolerant literals, and the machine that formats' parsers run on.

Nothing here evaluates anything, and nothing knows a model family.
"""
