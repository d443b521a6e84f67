"""From a rendered prompt back to a conversation: one module for each way of laying conversations out.

Layouts are read from the declarations that the renderers write them from, replies by the formats' own parsers.
"""
