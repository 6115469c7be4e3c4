"""The command `python -m benchmarks`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.contenders import CONTENDERS
from benchmarks.engines import ROOT, Engine, offline_engine, pulumi_engine
from benchmarks.import_time import measure_imports
from benchmarks.machine import this_machine
from benchmarks.measuring import Measurement, measure
from benchmarks.plan import Extent, cases, parts
from benchmarks.results import Results, unexpected
from benchmarks.tables import cell, markdown, show, write_between_marks
from benchmarks.terraform import find_terraform
from pulumi_talend_sandbox.pulumi_cli import HINT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "speed.md"

_SCREEN = Console(width=200) if not Console().is_terminal else Console()
_ERRORS = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)


def benchmark(
    quick: Annotated[bool, typer.Option("--quick", help="20 grants only: does everything work?")] = False,
    full: Annotated[bool, typer.Option("--full", help="Everybody with every number; takes hours.")] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="offline, pulumi or terraform; repeatable. Default: all that are found."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this contender; repeatable. One of {', '.join(CONTENDERS)}.")
    ] = None,
    number: Annotated[list[int] | None, typer.Option(help="Only the parts with so many objects; repeatable.")] = None,
    terraform: Annotated[
        Path | None, typer.Option(envvar="TERRAFORM_BIN", help="The terraform binary. Default: on PATH.")
    ] = None,
    terraform_provider: Annotated[
        Path | None,
        typer.Option(
            envvar="TERRAFORM_PROVIDER_RESTAPI", help="The binary of the generic REST provider to compare with."
        ),
    ] = None,
    results: Annotated[Path, typer.Option(help="Where results.json and results.md are written.")] = RESULTS,
    write_docs: Annotated[
        bool,
        typer.Option("--write-docs", help="Also put the tables between the marks in docs/speed.md."),
    ] = False,
) -> None:
    """Measure what stacks cost on the offline tenant: API calls, 429s, seconds, memory."""
    with tempfile.TemporaryDirectory(prefix="talend-benchmark-home-") as home:
        try:
            engines, left_out = _engines(engine or [], Path(home), terraform, terraform_provider)
        except ValueError as error:
            raise _stop(str(error)) from None
        extent: Extent = "quick" if quick else "full" if full else "default"
        found = _measure(Results(this_machine(engines), left_out=left_out), engines, extent, only or [], number or [])
    show(found, _SCREEN)
    results.mkdir(parents=True, exist_ok=True)
    (results / "results.json").write_text(json.dumps(found.as_json(), indent=1) + "\n", encoding="utf-8")
    (results / "results.md").write_text("# Measured\n\n" + markdown(found, heading="##"), encoding="utf-8")
    _SCREEN.print(f"Written: {results / 'results.json'}, {results / 'results.md'}", highlight=False, soft_wrap=True)
    if write_docs:
        try:
            write_between_marks(PAGE, markdown(found, heading="##"))
        except ValueError as error:
            raise _stop(str(error)) from None
    wrong = unexpected(found.measurements)
    if wrong:
        raise _stop(f"{len(wrong)} steps of this provider failed or got a 429, first: {_said(found, wrong[0])}")


def _engines(
    wanted: Sequence[str], home: Path, terraform: Path | None, provider: Path | None
) -> tuple[list[Engine], list[str]]:
    """The engines to use, and what is left out because it is not there. Raises ValueError for what was asked for."""
    unknown = set(wanted) - {"offline", "pulumi", "terraform"}
    if unknown:
        raise ValueError(f"--engine {sorted(unknown)[0]}: take offline, pulumi or terraform")
    pulumi = pulumi_engine(home)
    rest = find_terraform(terraform, provider)
    there: dict[str, Engine | None] = {"pulumi": pulumi, "offline": offline_engine(home), "terraform": rest}
    hints = {
        "pulumi": f"no Pulumi CLI: {HINT}",
        "terraform": "no generic REST provider: put `terraform` on PATH and name the provider's binary in "
        "TERRAFORM_PROVIDER_RESTAPI",
    }
    chosen: list[Engine] = []
    left_out: list[str] = []
    for name, engine in there.items():
        if wanted and name not in wanted:
            continue
        if engine is not None:
            chosen.append(engine)
        elif wanted:
            raise ValueError(hints[name])
        else:
            left_out.append(hints[name] + ".")
    return chosen, left_out


def _measure(
    found: Results, engines: Sequence[Engine], extent: Extent, only: Sequence[str], numbers: Sequence[int]
) -> Results:
    unknown = set(only) - CONTENDERS.keys()
    if unknown:
        raise _stop(f"--only {sorted(unknown)[0]}: take one of {', '.join(CONTENDERS)}")
    for case in cases(parts(extent), engines):
        if (only and case.contender.name not in only) or (numbers and case.number not in numbers):
            continue
        _SCREEN.print(case.text, style="bold", highlight=False)

        def observe(each: Measurement) -> None:
            _SCREEN.print(f"  {each.step:8} {_said(found, each)}", markup=False, highlight=False, soft_wrap=True)

        found.measurements += measure(case, observe)
    found.imports = measure_imports()
    return found


def _said(found: Results, each: Measurement) -> str:
    return cell(found, each) + (f": {each.problem}" if each.problem else "")


def _stop(message: str) -> typer.Exit:
    _ERRORS.print(f"error: {message}")
    return typer.Exit(1)


def main() -> None:
    """Run the command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(benchmark)
    app()
