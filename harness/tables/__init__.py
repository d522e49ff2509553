"""A run as DataFrames; units are in the column names, instants are UTC, and an empty run has typed columns too.

pandas is imported when a table is made, never when this module is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.results import Run
from harness.tables import rows

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one run.

    `cases`: one row per case, run or not. `checks`, `messages`: as recorded. `exchanges`: one row per CALL.
    `timings`: one row per action that the system under test answered, from cases that passed.
    `coverage`: official check or requirement -> case -> verdict or `not run`.
    """

    cases: DataFrame
    checks: DataFrame
    messages: DataFrame
    exchanges: DataFrame
    timings: DataFrame
    coverage: DataFrame

    def write_parquet(self, folder: Path) -> tuple[Path, ...]:
        """Writes `<table>.parquet` per table and returns the paths."""
        paths = []
        for field in fields(self):
            paths.append(folder / f"{field.name}.parquet")
            getattr(self, field.name).to_parquet(paths[-1], index=False)
        return tuple(paths)


def load(run: Path | str | Run, *, cut_off: bool = False) -> Tables:
    """The tables of a run, given as its folder, its journal or the Run itself.

    Raises UsageError if the journal cannot be read (`cut_off=True` accepts one that was cut off).
    """
    found = run if isinstance(run, Run) else journal.load(Path(run), cut_off=cut_off)
    return Tables(
        cases=_frame(rows.CASES, rows.cases(found)),
        checks=_frame(rows.CHECKS, rows.checks(found)),
        messages=_frame(rows.MESSAGES, rows.messages(found)),
        exchanges=_frame(rows.EXCHANGES, rows.exchanges(found)),
        timings=_frame(rows.TIMINGS, rows.timings(found)),
        coverage=_frame(rows.COVERAGE, rows.coverage(found)),
    )


def _frame(columns: Mapping[str, str], found: Iterable[tuple[Any, ...]]) -> DataFrame:
    import pandas as pd

    values = list(zip(*found, strict=True)) or [()] * len(columns)
    return pd.DataFrame({name: _series(values[i], dtype) for i, (name, dtype) in enumerate(columns.items())})


def _series(values: tuple[Any, ...], dtype: str) -> Series:
    import pandas as pd

    if dtype == rows.UTC:
        texts = pd.Series([value or None for value in values], dtype="str")
        return pd.to_datetime(texts, utc=True, format="ISO8601").astype(dtype)
    if dtype == "str":
        values = tuple(None if value is None else _storable(value) for value in values)
    return pd.Series(values, dtype=dtype)


def _storable(text: str) -> str:
    """The text with unpaired surrogates escaped, which no column can hold."""
    return text.encode(errors="backslashreplace").decode()
