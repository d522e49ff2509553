"""The reports of a run, made from its journal alone."""

from harness.report.files import Written, make

__all__ = ["Written", "make"]
