"""One file per model family: what its prompts look like and how it writes calls. Everything else is shared."""

from __future__ import annotations

from fcformat.formats.base import Format
from fcformat.formats.registry import get_format, list_formats
from fcformat.formats.rendered import Rendered, Segment

__all__ = ["Format", "Rendered", "Segment", "get_format", "list_formats"]
