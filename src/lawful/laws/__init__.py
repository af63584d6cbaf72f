"""Conserved quantities from data: dQ/dt = 0 along every run, Q different between runs."""

from lawful.laws.diagnosis import Diagnosis, inspect
from lawful.laws.evidence import Finding
from lawful.laws.find import find_laws
from lawful.laws.law import Constant, Findings, Law
from lawful.laws.monitor import MonitorReport, Watch, monitor
from lawful.laws.streaming import find_laws_in, parts_of

__all__ = [
    "Constant",
    "Diagnosis",
    "Finding",
    "Findings",
    "Law",
    "MonitorReport",
    "Watch",
    "find_laws",
    "find_laws_in",
    "inspect",
    "monitor",
    "parts_of",
]
