"""What the commands of `talend-access` have in common: help, version, completion, options, exit codes."""

from __future__ import annotations

import importlib
import inspect
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from docs.fences import ROOT
from pulumi_talend import cli, exit_codes

COMMANDS = ("adopt", "drift", "review", "report", "doctor")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, width: int = 80) -> tuple[int, str, str]:
    """Runs the command in this process."""
    with (
        mock.patch.object(sys, "argv", ["talend-access", *arguments]),
        mock.patch.dict(os.environ, {"COLUMNS": str(width), "TERMINAL_WIDTH": str(width)}),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--version")
    assert code == 0
    assert re.fullmatch(r"talend-access \d+\.\d+\.\d+ \(pulumi 3\.\S+, Python 3\.\S+\)\n", out)


def test_the_list_of_commands_imports_none_of_them() -> None:
    script = (
        "import sys; sys.argv = ['talend-access', '--help']\n"
        "from pulumi_talend import cli\n"
        "try: cli.main()\n"
        "except SystemExit: print(sorted(m for m in sys.modules if m in ('httpx', 'jinja2', 'pulumi_talend.api')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_has_examples_groups_and_exit_codes(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = said(capsys, name, "--help")
    assert code == 0
    assert f"talend-access {name} " in out.split("Examples")[1]
    assert "Exit codes: " in out
    for option in ("--stack", "--cwd"):
        assert option in out
    assert len(re.findall(r"(?m)^╭─ ", out)) >= 3
    # Lines are as long as the terminal is wide, not as the source had them.
    paragraphs = re.split(r"\n\s*\n", out.split("╭─")[0])
    for paragraph in paragraphs:
        lines = [line.rstrip() for line in paragraph.splitlines() if line.strip()]
        if any(line.strip().startswith(("•", "-")) for line in lines):
            continue
        for line, following in itertools.pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 78, paragraph


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_names_only_codes_that_it_can_end_with(name: str) -> None:
    module = importlib.import_module(f"pulumi_talend.{cli.COMMANDS[name][0]}")
    command = getattr(module, name)
    documented = {int(code) for code in re.findall(r"(?:codes: |; )(\d+) ", inspect.getdoc(command) or "")}
    assert {exit_codes.OK, exit_codes.ERROR, exit_codes.USAGE} <= documented
    others = {exit_codes.FOUND, exit_codes.NOT_APPROVED, exit_codes.INCOMPLETE}
    text = "".join(file.read_text("utf-8") for file in Path(str(module.__file__)).parent.glob("*.py"))
    for code in documented & others:
        (constant,) = [key for key, value in vars(exit_codes).items() if value == code and key.isupper()]
        assert f"exit_codes.{constant}" in text


def test_the_page_has_every_code() -> None:
    page = (ROOT / "docs" / "talend-access.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"(?m)^\| (\d+) \| ", page)} == codes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dri",), "No such command"),
        (("drift", "--stakc", "x"), "No such option"),
        (("adopt",), "Missing option"),
        (("drift", "--format", "yaml"), "Invalid value"),
    ],
)
def test_wrong_options_end_with_their_own_code(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = said(capsys, *arguments)
    assert code == exit_codes.USAGE
    assert words in err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("talend-access d", {"drift", "doctor"}), ("talend-access drift --f", {"--format", "--fail-on"})],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: set[str]) -> None:
    environment = {
        **os.environ,
        "_TALEND_ACCESS_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    command = str(Path(sys.executable).parent / "talend-access")
    done = subprocess.run([command], env=environment, capture_output=True, text=True, check=False)
    assert offered <= set(done.stdout.split()), done


def test_an_error_is_one_line_and_a_bug_says_where(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("TALEND_"):
            monkeypatch.delenv(name)
    code, _, err = said(capsys, "report")
    assert code == exit_codes.ERROR
    assert err.startswith("error: talend:region: is required")
    assert err.count("\n") == 1

    def broken(*_arguments: object) -> float:
        return 1 / 0

    monkeypatch.setattr("pulumi_talend.review.report_command.read_settings", broken)
    code, _, err = said(capsys, "report")
    assert code == exit_codes.ERROR
    assert "ZeroDivisionError" in err
    assert "a bug of talend-access report" in err
    monkeypatch.setattr("pulumi_talend.review.report_command.read_settings", mock.Mock(side_effect=KeyboardInterrupt))
    code, _, err = said(capsys, "report")
    assert (code, "interrupted; nothing was changed" in err) == (exit_codes.INTERRUPTED, True)
