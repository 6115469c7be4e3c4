"""`talend-access report`: who may do what now, as text, Markdown, HTML and JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .. import exit_codes, options
from ..access import TenantAccess
from ..adopt.read_only import ReadOnlyClient
from ..api import resolve_settings
from ..engine_cli import read_settings
from ..progress import Progress
from ..table import ReadTable, TableError, read_table
from .errors import ReviewError
from .outputs import GroupBy, Grouping, Html, Json, Limit, Markdown, Quiet, write
from .render.markdown import GITHUB_COMMENT
from .render.report import html_report, json_report, markdown_report, print_report
from .report import build_report


def report(
    stack: options.Stack = None,
    cwd: options.Cwd = Path(),
    environment: options.Environments = None,
    workspace: options.Workspaces = None,
    table: Annotated[
        Path | None,
        options.option(
            options.SELECTION,
            "--table",
            help="A table of access (a file or folder): name the line that says so, with its notes.",
        ),
    ] = None,
    by: GroupBy = Grouping.person,
    markdown: Markdown = None,
    html: Html = None,
    json: Json = None,
    limit: Limit = GITHUB_COMMENT,
    quiet: Quiet = False,
) -> None:
    """List who may do what now. Reads only.

    Exit codes: 0 done; 5 something could not be read, and the report says what; 1 error; 2 wrong options.

    Examples:

    - `talend-access report --stack prod --html report.html`
    - `talend-access report --environment prod --by workspace`
    - `talend-access report --stack prod --table access.yaml`
    """
    said = _read(table) if table is not None else None
    with Progress() as progress:
        settings = resolve_settings(read_settings(stack, cwd).get, os.environ)
        with ReadOnlyClient(settings, progress=progress) as client:
            found = build_report(
                TenantAccess(client),
                settings.base_url,
                environments=environment or (),
                workspaces=workspace or (),
                table=said,
            )
    on_stdout = [
        write(markdown, lambda: markdown_report(found, by=by.by, limit=limit)),
        write(html, lambda: html_report(found)),
        write(json, lambda: json_report(found)),
    ]
    if not quiet and not any(on_stdout):
        print_report(found, Console(highlight=False, soft_wrap=True), by=by.by)
    raise typer.Exit(exit_codes.INCOMPLETE if found.incomplete else exit_codes.OK)


def _read(path: Path) -> ReadTable:
    try:
        return read_table(path)
    except TableError as error:
        raise ReviewError(f"The table is not valid: {error.problems[0]}. talend-access validate {error.name}") from None
