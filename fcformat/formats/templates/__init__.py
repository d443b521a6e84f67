"""Formats out of chat templates: any model's own Jinja template, run exactly and seen through.

`format_from_template` makes a format of a template's text, `detect_format` finds the format of a tokenizer. This module
imports no jinja2; what it offers does when it is first used.
"""

from __future__ import annotations

from fcformat.formats.templates.detection import detect_format, format_from_template

__all__ = ["detect_format", "format_from_template"]
