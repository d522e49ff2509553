"""Writes the reports of a run into its folder, from the journal alone.

report.html and junit.xml come from a pytest of their own that replays the journal: make() is also called at the end of
a pytest session, and one session cannot run inside another.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

from harness import journal
from harness.errors import HarnessError, UsageError
from harness.report.words import product, took
from harness.results import Run

_VIEWPORT = '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
_RUN_COUNT = re.compile('(<p class="run-count">)[^<]*(</p>)')
_DONE = (0, 1, 5)  # all pass, some fail, and no test at all, which is what an empty run looks like


class Written(NamedTuple):
    """The files of a report."""

    report: Path
    junit: Path
    abstract: Path
    tables: tuple[Path, ...]


def make(run_dir: Path, *, cut_off: bool = False) -> Written:
    """Writes report.html, junit.xml, abstract.html and the Parquet tables beside the journal, and returns where.

    Raises UsageError if the journal cannot be read (`cut_off=True` accepts one that was cut off) or nothing can be
    written there.
    """
    from harness import tables
    from harness.report.abstract import abstract

    run = journal.load(run_dir, cut_off=cut_off)
    path = (run_dir / journal.FILE if run_dir.is_dir() else run_dir).absolute()
    folder = path.parent
    report, junit = folder / "report.html", folder / "junit.xml"
    try:
        with _replay(path, report, junit, cut_off=cut_off) as replay:
            try:
                (folder / "abstract.html").write_text(abstract(run), encoding="utf-8")
                parquet = tables.load(run).write_parquet(folder)
                output, _ = replay.communicate()
            except BaseException:
                replay.kill()
                raise
        if replay.returncode not in _DONE:
            raise HarnessError(f"the replay of {path} ended with code {replay.returncode}:\n{output}")
        _finish_report(report, run)
        _finish_junit(junit, run)
    except OSError as error:
        raise UsageError(f"{folder}: expected a folder that can be written to, received {error}") from None
    return Written(report, junit, folder / "abstract.html", parquet)


def _replay(path: Path, report: Path, junit: Path, *, cut_off: bool) -> subprocess.Popen[str]:
    plugins = ("pytest_metadata.plugin", "pytest_html.plugin", "harness.report.replay")
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "--noconftest", "--color=no"]
    command += ["-c", os.devnull, f"--rootdir={path.parent}", "-p", "no:cacheprovider"]
    command += [option for plugin in plugins for option in ("-p", plugin)]
    command += ["-o", "render_collapsed=all", "-o", "initial_sort=original", "--self-contained-html"]
    command += [f"--html={report}", f"--junitxml={junit}", f"--ocpp-replay={path}"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    home = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [home, environment.get("PYTHONPATH")]))
    return subprocess.Popen(
        [*command, *(["--ocpp-cut-off"] if cut_off else [])],
        cwd=path.parent,
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C is for us, who decide what becomes of the reports
    )


def _finish_report(report: Path, run: Run) -> None:
    """Gives the page what pytest-html leaves out: its language, a width for phones, how long the run took."""
    text = report.read_text(encoding="utf-8")
    text = _RUN_COUNT.sub(lambda count: f"{count[1]}{took(run)}{count[2]}", text, count=1)
    text = text.replace("<html>", '<html lang="en">', 1).replace('<meta charset="utf-8"/>', _VIEWPORT, 1)
    report.write_text(text, encoding="utf-8")


def _finish_junit(junit: Path, run: Run) -> None:
    """Has the file speak of the run instead of its replay: when, how long, what; not on which machine."""
    root = ET.parse(junit).getroot()
    for suite in root.iter("testsuite"):
        suite.set("name", f"ocpp-conformance {run.role}")
        suite.set("timestamp", run.started_utc)
        suite.set("time", f"{sum(case.duration_s for case in run.cases):.3f}")
        suite.attrib.pop("hostname", None)
        properties = ET.Element("properties")
        facts = {"run": run.id, "product": product(run), "complete": str(run.complete and not run.interrupted).lower()}
        for name, value in {**facts, "strict": str(run.strict).lower(), "harness": run.harness_version}.items():
            ET.SubElement(properties, "property", name=name, value=value)
        suite.insert(0, properties)
    for skipped in root.iter("skipped"):
        skipped.text = skipped.get("message")
    root.set("name", f"OCPP 1.6 {run.role}")
    ET.ElementTree(root).write(junit, encoding="utf-8", xml_declaration=True)
