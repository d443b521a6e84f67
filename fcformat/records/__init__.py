"""How APIs, publishers and datasets write conversations, calls and tools as JSON: one file a shape."""

from __future__ import annotations

from fcformat.records.registry import detect_record, list_records, record_shape
from fcformat.records.shape import CALL, CONVERSATION, TOOLS, Record, Shape

__all__ = ["CALL", "CONVERSATION", "TOOLS", "Record", "Shape", "detect_record", "list_records", "record_shape"]
