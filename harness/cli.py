"""The command line: `ocpp-conformance`. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from harness.errors import Aborted, OperatorError, UsageError

if TYPE_CHECKING:
    from harness.results import Run

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tells whether an OCPP 1.6-J product conforms, before the certification lab does.",
)

Role = Annotated[str, typer.Argument(help="What is tested: csms.", metavar="ROLE", show_default=False)]
SutOption = Annotated[
    Path | None, typer.Option("--sut", help="sut.toml; without it the reference CSMS is tested.", metavar="FILE")
]
CutOff = Annotated[bool, typer.Option("--cut-off", help="Read a journal that was cut off in the middle.")]
RunFolder = Annotated[
    Path, typer.Argument(help="The folder of a run, such as reports/20260401-120000-csms.", metavar="RUN")
]


# typer brings a click of its own and does not export the class that its complaints about a command line have in common.
_Misuse: Any = typer.BadParameter.__mro__[2]


def main() -> NoReturn:
    """Runs the command; what the caller can mend is one line and exit code 2."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0)
    except _Misuse as error:
        told = f"{' '.join(error.format_message().split()).rstrip('.')}; --help lists what there is"
    except UsageError as error:
        told = str(error)
    except OperatorError as error:
        told = f"operator: {error}"
    except (Aborted, typer.Abort, KeyboardInterrupt):
        told = "stopped"
    typer.echo(f"ocpp-conformance: {told}", err=True)
    sys.exit(2)


def _demand_csms(role: str) -> None:
    if role != "csms":
        raise UsageError(f"{role}: expected csms, received {role!r}")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(importlib.metadata.version("ocpp-conformance"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    pass


@app.command("list")
def list_cases(role: Role, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the cases, and what the operator does in each."""
    _demand_csms(role)
    from harness import catalogue

    cases = [
        {
            "id": c.id,
            "title": c.title,
            "profile": c.profile,
            "section": c.section,
            "operator": dict(c.operator),
            "cards": list(c.cards),
            "records": list(c.records),
            "needs": list(c.needs),
        }
        for c in catalogue.load().cases.values()
    ]
    if as_json:
        typer.echo(json.dumps(cases, indent=2, ensure_ascii=False))
        return
    for one in cases:
        operator = f"  [{', '.join(one['operator'])}]" if one["operator"] else ""
        line = f"{one['id']:<16} {one['profile']:<6} {one['title']}{operator}"
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
        typer.echo(textwrap.fill(line, width, subsequent_indent=" " * 24, break_on_hyphens=False))


@app.command()
def init(
    role: Role,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; - for standard output.")] = Path(
        "sut.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a sut.toml with every key explained."""
    _demand_csms(role)
    from harness.init import render

    if str(output) == "-":
        typer.echo(render("csms"), nl=False)
        return
    if output.exists() and not force:
        raise UsageError(f"{output}: expected a new file, received one that exists; --force overwrites it")
    try:
        output.write_text(render("csms"), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{output}: expected a file that can be written, received {str(error.strerror).lower()}"
        ) from None
    typer.echo(f"wrote {output}; fill in [environment] and [operator], then: ocpp-conformance smoke --sut {output}")


@app.command()
def smoke(
    role: Annotated[str, typer.Argument(help="What is tested: csms.", metavar="ROLE")] = "csms",
    sut: SutOption = None,
) -> None:
    """Check before a run that it can be done.

    Looks at endpoint, identity, boot, clock, cards, operator and records, and says what each finding would break.
    """
    _demand_csms(role)
    from harness.outlook import print_findings
    from harness.smoke import check

    findings = check(sut)
    print_findings(findings)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


@app.command()
def plan(
    role: Role,
    sut: SutOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Tell what would run, what not and why, how many cases need a person, and about how long it takes."""
    _demand_csms(role)
    from harness.outlook import print_plan
    from harness.plan import for_file

    planned, demands = for_file(sut)
    if as_json:
        typer.echo(json.dumps([entry.fields() for entry in planned], indent=2, ensure_ascii=False))
    else:
        print_plan(planned, demands)


@app.command()
def run(
    role: Role,
    sut: SutOption = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", help="Only this profile; may be repeated.", metavar="NAME")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option("--case", help="Only this case; may be repeated.", metavar="ID")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail what is legal but known to be rejected by the official tool.")
    ] = False,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Run the cases in random order.")] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The order of an earlier --shuffle again.", metavar="N", min=0)
    ] = None,
    reports: Annotated[
        Path, typer.Option("--reports", help="Where the folder of the run is made.", metavar="DIR")
    ] = Path("reports"),
) -> None:
    """Run the official cases and write the reports.

    Exit code 0: all pass; 1: a case failed; 2: the run could not be done.
    """
    _demand_csms(role)
    from harness import config
    from harness.runs import Selection

    Selection(tuple(case or ()), tuple(profile or ()))
    if sut is not None:
        config.load(sut)
    from harness.console import run_cases  # only now, because loading pytest takes longer than finding a mistake

    options = ["--reports", str(reports)]
    options += [f"--case={id}" for id in case or []] + [f"--profile={name}" for name in profile or []]
    options += ["--sut", str(sut)] if sut else []
    options += ["--ocpp-strict"] if strict else []
    options += [f"--shuffle={-1 if seed is None else seed}"] if shuffle or seed is not None else []
    raise typer.Exit(run_cases(options))


@app.command()
def show(
    run: RunFolder, case: Annotated[str, typer.Argument(metavar="CASE", help="A case id.")], cut_off: CutOff = False
) -> None:
    """Show one case of a run: checks, conversation, verdict."""
    from rich.console import Console

    from harness.report.summary import show as show_case

    loaded = _load(run, cut_off)
    if case not in [result.case for result in loaded.cases]:
        from harness import catalogue

        nearest = catalogue.load().nearest(case)
        received = "one that was not run" if nearest == case else f"an unknown one; did you mean {nearest}?"
        raise UsageError(f"{case}: expected a case of {run}, received {received}")
    console = Console(highlight=False)
    console.print(show_case(loaded, case), soft_wrap=not console.is_terminal)


@app.command()
def report(run: RunFolder, cut_off: CutOff = False) -> None:
    """Make the reports of a run again from its journal alone."""
    from rich.console import Console

    from harness.report import make
    from harness.report.summary import summary

    loaded = _load(run, cut_off)
    written = make(run, cut_off=cut_off)
    Console().print(summary(loaded))
    typer.echo(f"report: {written.report}")


def _load(run: Path, cut_off: bool) -> Run:
    from harness.journal import load

    return load(run, cut_off=cut_off)


if __name__ == "__main__":
    main()
