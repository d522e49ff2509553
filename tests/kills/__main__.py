"""Writes the kill table: `make kills`."""

from __future__ import annotations

import csv
import dataclasses
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

from tests.kills.mutants import Mutant
from tests.kills.summary import page, unexplained, unused
from tests.kills.verdicts import Found, all_mutants, judge, survivors

FOLDER = Path("reports/kills")
SHOWN = 40
_MUTANTS: list[Mutant] = []


def _judged(index: int) -> Found:
    return judge(_MUTANTS[index], survivors())


def main() -> int:
    """0 if every mutant is killed, warned about, or accepted as a survivor for a reason that is needed."""
    started = time.monotonic()
    _MUTANTS.extend(all_mutants())
    print(f"{len(_MUTANTS)} mutants", flush=True)
    with multiprocessing.get_context("fork").Pool() as pool:
        table = []
        for found in pool.imap(_judged, range(len(_MUTANTS)), chunksize=32):
            table.append(found)
            if len(table) % 500 == 0:
                print(f"  {len(table)} of {len(_MUTANTS)}", flush=True)
    _write(table)
    fates = Counter(found.fate for found in table)
    print(", ".join(f"{count} {fate}" for fate, count in fates.most_common()), f"in {time.monotonic() - started:.0f} s")
    return _told(table)


def _told(table: list[Found]) -> int:
    left, idle = unexplained(table), unused(table, survivors())
    for found in left[:SHOWN]:
        where = f"{found.case} {found.what} {found.path} {found.how} {found.detail}"
        print(f"  {found.fate}: {where} -> {found.verdict} {found.noticed}")
    for survivor in idle:
        print(f"  tests/survivors.toml: expected a survivor of {survivor.what} {survivor.path}, received none")
    print(f"{len(left)} without an accepted reason; the table is in {FOLDER / 'kills.md'} and kills.csv")
    return 1 if left or idle else 0


def _write(table: list[Found]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "kills.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Found)])
        writer.writeheader()
        writer.writerows(map(dataclasses.asdict, table))
    (FOLDER / "kills.md").write_text(page(table, survivors()), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
