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
from tests.kills.verdicts import Found, all_mutants, judge, survivors

FOLDER = Path("reports/kills")
_MUTANTS: list[Mutant] = []


def _judged(index: int) -> Found:
    return judge(_MUTANTS[index], survivors())


def main() -> int:
    """0 if every mutant is killed, warned about, or accepted as a survivor for a reason."""
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
    open_ones = [found for found in table if found.fate not in ("killed", "warned") and not found.reason]
    print(", ".join(f"{count} {fate}" for fate, count in fates.most_common()), f"in {time.monotonic() - started:.0f} s")
    for found in open_ones[:40]:
        where = f"{found.case} {found.what} {found.path} {found.how} {found.detail}"
        print(f"  {found.fate}: {where} -> {found.verdict} {found.noticed}")
    print(f"{len(open_ones)} without an accepted reason; the table is in {FOLDER / 'kills.csv'}")
    return 1 if open_ones else 0


def _write(table: list[Found]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "kills.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Found)])
        writer.writeheader()
        writer.writerows(map(dataclasses.asdict, table))


if __name__ == "__main__":
    sys.exit(main())
