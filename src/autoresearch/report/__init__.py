"""The report: one picture and one page of what the ledger says, in the morning."""

from autoresearch.report.build import ReportPaths, build, page_of

__all__ = ["ReportPaths", "build", "page_of"]
