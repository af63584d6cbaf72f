"""Conserved quantities from data: dQ/dt = 0 along every run, Q different between runs."""

from lawful.laws.diagnosis import Diagnosis, Finding, inspect
from lawful.laws.find import find_laws
from lawful.laws.law import Constant, Findings, Law
from lawful.laws.monitor import MonitorReport, Watch, monitor

__all__ = [
    "Constant",
    "Diagnosis",
    "Finding",
    "Findings",
    "Law",
    "MonitorReport",
    "Watch",
    "find_laws",
    "inspect",
    "monitor",
]
