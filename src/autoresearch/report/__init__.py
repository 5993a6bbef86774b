"""The report: one picture and one page of what the ledger says, in the morning."""

from autoresearch.report.build import ReportPaths, build

__all__ = ["ReportPaths", "build"]
