"""What the operators may import, and what they must not load before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

OPERATORS = Path(__file__).parents[2] / "harness" / "operators"
ALLOWED = {"harness.approach", "harness.config", "harness.errors", "harness.intents", "harness.masking"}


def test_operators_know_nothing_of_stations_and_cases() -> None:
    imported = set()
    for file in OPERATORS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    ours = {name for name in imported if name.startswith(("harness", "ocppj", "reference"))}
    assert {name for name in ours if not name.startswith("harness.operators")} == ALLOWED


def test_a_run_without_http_does_not_load_httpx() -> None:
    code = (
        "import sys\n"
        "from harness import config, init, pics\n"
        "from harness.operators.csms import driver\n"
        "from harness.operators.records import port\n"
        'settings = config.parse(\'environment = { url = "ws://h", station_id = "S", cards = { Accepted = "A" } }\')\n'
        "driver(settings), port(settings)\n"
        "print([name for name in ('httpx', 'pandas', 'websockets', 'ocpp') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=OPERATORS.parents[1], check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
