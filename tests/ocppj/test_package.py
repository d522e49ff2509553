"""The package as a whole: cheap to import, on its own, and its generated file is current."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import ocppj

FOLDER = Path(ocppj.__file__).parent


def test_import_brings_neither_the_ocpp_package_nor_an_event_loop() -> None:
    code = (
        "import sys, ocppj.frames, ocppj.names, ocppj.schemas, ocppj.session;"
        "assert ocppj.schemas.valid('Heartbeat', 'req', {});"
        "print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parent)
    loaded = set(found.stdout.split())
    assert "ocppj.session" in loaded
    assert not loaded & {"ocpp", "asyncio", "ssl", "websockets", "pytest", "pandas", "jsonschema", "harness"}


def test_names_py_is_what_the_generator_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "names.py"
    monkeypatch.setattr(sys, "argv", ["_generate", str(target)])
    runpy.run_path(str(FOLDER / "_generate.py"), run_name="__main__")
    assert target.read_text(encoding="utf-8") == (FOLDER / "names.py").read_text(encoding="utf-8")


def test_generator_writes_nothing_when_imported() -> None:
    assert "ActionName = Literal[" in runpy.run_path(str(FOLDER / "_generate.py"))["names_py"]()
