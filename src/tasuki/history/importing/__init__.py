"""Bringing files of entries into a history."""

from tasuki.history.importing.report import FileReport, ImportReport
from tasuki.history.importing.run import Progress, import_files

__all__ = ["FileReport", "ImportReport", "Progress", "import_files"]
