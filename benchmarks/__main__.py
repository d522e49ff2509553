"""`python -m benchmarks`: runs the benchmarks and prints what they found."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, roundtrip, startup, throughput
from benchmarks.plan import QUICK, Plan
from benchmarks.processes import BenchmarkError
from benchmarks.report import aligned

BENCHMARKS = {"throughput": throughput.measure, "roundtrip": roundtrip.measure, "startup": startup.measure}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if everything was measured and right, 1 if the CSMS lost something, 2 if it could not be measured."""
    given = _parser().parse_args(arguments)
    try:
        return run(QUICK if given.quick else Plan(), given.only or list(BENCHMARKS), given.json)
    except KeyboardInterrupt:
        sys.stderr.write("benchmarks: interrupted\n")
        return 130
    except (BenchmarkError, OSError) as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 2


def run(plan: Plan, names: Sequence[str], file: Path | None = None) -> int:
    """Runs these benchmarks one after the other and prints each as soon as it is done."""
    facts = machine.facts()
    print("\n".join(aligned(list(facts.items()))), end="\n\n", flush=True)
    found: dict[str, Any] = {"machine": facts}
    wrong = False
    for name in names:
        section = BENCHMARKS[name](plan)
        print(section.text(), flush=True)
        found[name] = section.json()
        wrong = wrong or bool(section.wrong)
    if file is not None:
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(wrong)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure against a bare counterpart in the same run."
    )
    parser.add_argument("--quick", action="store_true", help="a few seconds instead of about a minute")
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="one benchmark; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
