"""From the bytes of a file to rows of text with their lines: whatever it was written by, and however broken it is."""

from tasuki.server.imports.reading.files import Look, Shape, estimated_rows, look_at, rows_of
from tasuki.server.imports.reading.rows import Row

__all__ = ["Look", "Row", "Shape", "estimated_rows", "look_at", "rows_of"]
