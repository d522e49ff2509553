"""The rules of a page: short, plain, and nothing in it but one official case after the other."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import catalogue

FOLDER = Path(__file__).parents[2] / "testcases" / "csms"
FILES = sorted(FOLDER.glob("test_*.py"))
MODULES = {"harness.case", "pytest", "typing", "itertools", "collections.abc"}
NAMES = {"sleep", "open", "print", "environ", "getenv", "Path", "exec", "eval", "global", "nonlocal"}
CONFIGURED = {"idTag", "connectorId", "vendorId", "transactionId"}
TEST_LINES, FILE_LINES = 45, 300

Rule = Callable[[ast.Module], Iterator[str]]
RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    """A rule yields what is wrong with a page."""
    RULES.append(check)
    return check


def cases_of(page: ast.Module) -> list[ast.AsyncFunctionDef]:
    return [node for node in page.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")]


def decorated(function: ast.AsyncFunctionDef | ast.FunctionDef) -> str:
    return " ".join(ast.unparse(each) for each in function.decorator_list)


@rule
def every_test_has_a_case(page: ast.Module) -> Iterator[str]:
    for test in cases_of(page):
        parameters, cases = decorated(test).count("pytest.param("), decorated(test).count("case('TC_")
        if cases != max(parameters, 1):
            yield f"{test.name}: expected a case id on the test or on each of its parameters"


@rule
def every_page_and_test_says_what_it_is(page: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(page):
        yield "expected a docstring of the page"
    for test in cases_of(page):
        if not (ast.get_docstring(test) or "").endswith("."):
            yield f"{test.name}: expected a docstring of one sentence"


@rule
def imports_are_few(page: ast.Module) -> Iterator[str]:
    for node in ast.walk(page):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        yield from (f"import of {module}" for module in modules if module not in MODULES)


@rule
def nothing_is_caught_slept_read_or_printed(page: ast.Module) -> Iterator[str]:
    for node in ast.walk(page):
        if isinstance(node, ast.Try | ast.TryStar | ast.Assert | ast.Global | ast.Nonlocal | ast.While | ast.Raise):
            yield f"line {node.lineno}: {type(node).__name__}"
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in NAMES:
            yield f"the name {name}"


@rule
def a_module_keeps_nothing(page: ast.Module) -> Iterator[str]:
    for node in page.body[1:]:
        constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        named = isinstance(node, ast.Assign) and all(ast.unparse(target).isupper() for target in node.targets)
        fixture = isinstance(node, ast.FunctionDef) and decorated(node) == "pytest.fixture"
        imports = isinstance(node, ast.Import | ast.ImportFrom)
        if not (imports or fixture or (constant and named) or node in cases_of(page)):
            yield f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}"


@rule
def no_literal_addresses_cards_or_connectors(page: ast.Module) -> Iterator[str]:
    for node in ast.walk(page):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"://|:\d{2,5}\b", node.value):
            yield f"line {node.lineno}: the address {node.value!r}"
        if isinstance(node, ast.keyword) and node.arg in CONFIGURED and isinstance(node.value, ast.Constant):
            yield f"line {node.value.lineno}: a literal {node.arg}"


@rule
def every_step_is_numbered(page: ast.Module) -> Iterator[str]:
    for node in ast.walk(page):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("station.sends", "station.receives"):
            continue
        step, message = [ast.literal_eval(each) if isinstance(each, ast.Constant) else None for each in node.args[:2]]
        if not (isinstance(step, int) or re.fullmatch(r"\w+ \d+|\d+[a-z]", step or "")) or "." not in str(message):
            yield f"line {node.lineno}: expected the official step and the message"


@rule
def cases_are_short(page: ast.Module) -> Iterator[str]:
    for test in cases_of(page):
        lines = (test.end_lineno or 0) - min([test.lineno, *(each.lineno for each in test.decorator_list)]) + 1
        if lines > TEST_LINES:
            yield f"{test.name}: expected at most {TEST_LINES} lines, received {lines}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_page_keeps_the_rules(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert [f"{file.name}: {wrong}" for check in RULES for wrong in check(ast.parse(text))] == []
    assert len(text.splitlines()) <= FILE_LINES


GOOD = '''"""Chapter."""
import pytest
from harness.case import Station, case
LIMIT = 3
@pytest.fixture
def thing():
    return 1
@case("TC_001_CSMS")
async def test_tc_001_csms(station: Station) -> None:
    """The CSMS answers."""
    await station.sends(1, "Heartbeat.req")
    await station.receives(2, "Heartbeat.conf")
'''


def test_a_good_page_breaks_no_rule() -> None:
    assert [wrong for check in RULES for wrong in check(ast.parse(GOOD))] == []


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (every_test_has_a_case, '@case("TC_001_CSMS")\n', ""),
        (
            every_test_has_a_case,
            '@case("TC_001_CSMS")',
            '@pytest.mark.parametrize("x", [pytest.param(1), pytest.param(2)])',
        ),
        (every_page_and_test_says_what_it_is, '"""Chapter."""\n', ""),
        (every_page_and_test_says_what_it_is, '    """The CSMS answers."""\n', ""),
        (imports_are_few, "import pytest\n", "import pytest\nimport os\n"),
        (imports_are_few, "import pytest\n", "import pytest\nfrom harness.wire import connect\n"),
        (imports_are_few, "import pytest\n", "import pytest\nfrom . import helper\n"),
        (
            nothing_is_caught_slept_read_or_printed,
            "    await station.sends",
            "    await asyncio.sleep(1)\n    await station.sends",
        ),
        (
            nothing_is_caught_slept_read_or_printed,
            "    await station.sends",
            "    assert station\n    await station.sends",
        ),
        (nothing_is_caught_slept_read_or_printed, "    return 1", "    return open('x')"),
        (
            nothing_is_caught_slept_read_or_printed,
            "    return 1",
            "    try:\n        return 1\n    finally:\n        pass",
        ),
        (a_module_keeps_nothing, "LIMIT = 3", "LIMIT = []"),
        (a_module_keeps_nothing, "LIMIT = 3", "limit = 3"),
        (a_module_keeps_nothing, "LIMIT = 3", "def helper():\n    pass"),
        (no_literal_addresses_cards_or_connectors, "LIMIT = 3", 'LIMIT = "ws://csms"'),
        (no_literal_addresses_cards_or_connectors, "LIMIT = 3", 'LIMIT = "localhost:9000"'),
        (no_literal_addresses_cards_or_connectors, '"Heartbeat.req")', '"Authorize.req", idTag="CARD")'),
        (no_literal_addresses_cards_or_connectors, '"Heartbeat.req")', '"StatusNotification.req", connectorId=1)'),
        (every_step_is_numbered, "station.sends(1, ", "station.sends(step, "),
        (every_step_is_numbered, "station.receives(2, ", "station.receives(None, "),
        (cases_are_short, "    await station.sends", "    LIMIT\n" * 41 + "    await station.sends"),
    ],
)
def test_a_bad_page_breaks_the_rule_that_is_meant(check: Rule, old: str, new: str) -> None:
    assert old in GOOD
    assert list(check(ast.parse(GOOD.replace(old, new))))


def test_a_file_holds_the_cases_of_its_chapter(page: Any) -> None:
    for case, found in page.items():
        chapter = catalogue.load().cases[case].section.rsplit(".", 1)[0]
        file = Path(found.function.__code__.co_filename)
        major, minor = file.name.split("_")[1:3]
        assert f"{major}.{int(minor)}" == chapter, case


def test_a_test_is_named_after_its_case(page: Any) -> None:
    for case, found in page.items():
        number = case.removesuffix("_CSMS").lower()
        name = found.function.__name__
        parts = re.fullmatch(r"test_(tc_\d{3})((?:_\d)?)((?:_\d{3})?)_csms", name)
        assert parts, name
        assert number.startswith(parts[1]) or number == f"tc{parts[3]}", (case, name)
