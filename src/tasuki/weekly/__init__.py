"""The weekly report: last week's figures of a team or of everybody, as a few sentences, a page, and a PDF.

    week = last_week(at, "Asia/Tokyo")
    sheet = sheet_of(weekly(facts, week, {"team": "3"}), "ja", "インサイドセールス")
    Path("report.pdf").write_bytes(pdf_of(sheet))

The figures are those of `tasuki.metrics`; nothing is counted here a second time.
"""

from tasuki.weekly.pdf import pdf_of
from tasuki.weekly.report import Weekly, weekly
from tasuki.weekly.sheet import Sheet, sheet_of
from tasuki.weekly.weeks import Week, last_week

__all__ = ["Sheet", "Week", "Weekly", "last_week", "pdf_of", "sheet_of", "weekly"]
