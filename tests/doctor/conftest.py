"""The doctor as a user runs it, on a machine without an engine, with the settings that a test gives it alone."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from pulumi_talend import cli, debuglog
from pulumi_talend_sandbox.tenant import Tenant

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "unknown": "?"}


def _without_numbers(text: str) -> str:
    """Counts, times and request ids differ from run to run."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\d.]+", "#", text)


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor said."""

    code: int
    output: str
    findings: dict[str, tuple[str, str, str]]
    """By check: status, what was found, what to do. Of several of one check, the last."""

    def statuses(self) -> dict[str, str]:
        return {check: status for check, (status, _, _) in self.findings.items()}


class Doctor(Protocol):
    """Runs `talend-access doctor` with options and the environment's settings."""

    def __call__(self, *options: str, **settings: str) -> Diagnosis: ...


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty directory with nothing on PATH, and no settings from outside."""
    import os

    for name in list(os.environ):
        if (
            name.startswith(("TALEND_", "PULUMI_", "SSL_CERT_"))
            or name.lower().endswith("_proxy")
            or name == "VIRTUAL_ENV"
        ):
            monkeypatch.delenv(name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path
    debuglog.stop()


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Runs it twice, for a person and as JSON, which have to agree."""

    def run(*options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["talend-access", "doctor", *options])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err  # where a machine is slow, progress is in the last

    def diagnose(*options: str, **settings: str) -> Diagnosis:
        with monkeypatch.context() as within:
            for name, value in settings.items():
                within.setenv(name, value)
            shown = run(*options)
            code, text, _ = run(*options, "--format", "json")
        document = json.loads(text)
        output = shown[1] + shown[2]
        assert document["version"] == 1
        assert code == shown[0] == (0 if document["ok"] else 3)
        found = {entry["check"]: (entry["status"], entry["found"], entry["todo"]) for entry in document["findings"]}
        for entry in document["findings"]:
            assert entry["status"] in _MARKS
            line = f"{_MARKS[entry['status']]} {entry['status']:8}{entry['check']:17}{entry['found']}\n"
            assert _without_numbers(line) in _without_numbers(output)
            if entry["status"] in {"fail", "warn"}:
                assert entry["todo"] or ";" in entry["found"] or ":" in entry["found"], entry
        assert "Traceback" not in output
        return Diagnosis(code, output, found)

    return diagnose


@pytest.fixture
def good(tenant: Tenant) -> dict[str, str]:
    """Settings with which nothing fails."""
    return {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}
