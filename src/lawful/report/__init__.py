"""The page that shows what was found: one HTML file that needs nothing else."""

from lawful.report.page import write_report

__all__ = ["write_report"]
