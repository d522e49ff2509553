"""The few statistics that are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["median", "median_text", "percentile"]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def median_text(values: Sequence[float], digits: int = 2) -> str:
    """The median with so many digits, a dash if there is none."""
    return f"{median(values):.{digits}f}" if values else "-"
