"""docs/access-table.md: its project, its commands, and the messages it shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adopt.conftest import Access
from docs.fences import ROOT, fences
from docs.test_examples import clean_environment, run
from e2e.stack import Stack, offline
from pulumi_talend_sandbox.tenant import Tenant

PAGE = ROOT / "docs" / "access-table.md"
FILES = {fence.file: fence.text for fence in fences(PAGE) if fence.file is not None}
COMMANDS = [line for fence in fences(PAGE) if fence.info == "bash table" for line in fence.text.splitlines()]
OFFLINE, IN_TENANT = (
    [each.text for each in fences(PAGE) if each.info == f"text {kind}"] for kind in ("table", "tenant")
)
REVIEW = [line for fence in fences(PAGE) if fence.info == "text colleague" for line in fence.text.splitlines()]
WRONG = [("18:00:00+02:00", "18:00:00"), ("team:sales: developer", "team:sales: develper")]
WRONG_IN_TENANT = [("freya.nilsson", "freya.nielsen"), ("\n  Sales:", "\n  Salse:"), ("[Operator]", "[Operater]")]


def embedded_alone(name: str, path: str) -> str | None:
    """The embedded engine is the one that is found: it needs no stack of the CLI."""
    del path
    return name if "sandbox" in name else None


def changed(*words: tuple[str, str]) -> str:
    """The page's table with these words changed."""
    text = FILES["access.yaml"]
    for word, instead in words:
        assert text.count(word) == 1
        text = text.replace(word, instead)
    return text


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Tenant.start() as tenant:
        stack = Stack(offline(), tmp_path / "stack", tenant)
        for name, text in FILES.items():
            (stack.directory / name).write_text(text, encoding="utf-8")
        yield stack


def test_the_pages_project(stack: Stack) -> None:
    assert stack.up().ok().summary == {"create": 3}
    assert stack.preview().ok().summary == {"same": 3}
    assert stack.destroy().ok().summary == {"delete": 3}


def test_the_pages_commands(stack: Stack, tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, Path(sys.executable).parent)
    said = [run(line, stack.directory, environment) for line in COMMANDS]
    assert said == ["access.yaml: 9 grants on 2 workspaces, 1 role mapping. No problem found.\n", ""]
    assert (stack.directory / "access.yaml").read_text(encoding="utf-8") == FILES["access.yaml"]


def test_the_pages_messages(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both blocks are what one run prints, whole, and a preview fails with the same."""
    monkeypatch.chdir(stack.directory)
    monkeypatch.setattr("pulumi_talend.engine_cli.shutil.which", embedded_alone)
    access = Access({"TALEND_TOKEN": stack.tenant.token, "TALEND_ENDPOINT": stack.tenant.url})
    table = stack.directory / "access.yaml"
    for words, arguments, shown in ((WRONG, (), OFFLINE), (WRONG_IN_TENANT, ("--stack", "dev"), IN_TENANT)):
        table.write_text(changed(*words), encoding="utf-8")
        said = access("validate", "access.yaml", *arguments)
        assert (said.code, [said.stdout]) == (3, shown), said.stderr
    for words, shown in ((WRONG, OFFLINE), (WRONG_IN_TENANT[:1], IN_TENANT)):
        table.write_text(changed(*words), encoding="utf-8")
        run = stack.preview().failed()
        *messages, _ = shown[0].splitlines()
        for message in messages[: len(words)]:
            assert message in run.output


def test_the_pages_review(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up().ok()
    text = FILES["access.yaml"].replace(
        "      - who: jan", "      - oskar.berg@nordlicht-retail.example\n      - who: jan"
    )
    (stack.directory / "access.yaml").write_text(text, encoding="utf-8")
    file = stack.directory / "preview.json"
    file.write_text(json.dumps(stack.preview_json()), encoding="utf-8")
    settings = {"TALEND_ENDPOINT": stack.tenant.url, "TALEND_TOKEN": stack.tenant.token}
    said = Access(settings)("review", file, "--no-rules").stdout
    assert len(REVIEW) == 3
    assert [line for line in REVIEW if line not in said.splitlines()] == [], said
