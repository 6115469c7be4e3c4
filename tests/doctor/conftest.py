"""The doctor as a user runs it, on a machine without an engine, with the settings that a test gives it alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from pulumi_talend import cli, debuglog
from pulumi_talend_sandbox.tenant import Tenant


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor said."""

    code: int
    output: str
    findings: dict[str, tuple[str, str, str]]
    """By check: verdict, what was found, what to do. Of several of one check, the last."""

    def verdicts(self) -> dict[str, str]:
        return {check: verdict for check, (verdict, _, _) in self.findings.items()}


class Doctor(Protocol):
    """Runs `talend-access doctor` with options and the environment's settings."""

    def __call__(self, *options: str, **settings: str) -> Diagnosis: ...


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty directory with nothing on PATH, and no settings from outside."""
    import os

    for name in list(os.environ):
        if name.startswith(("TALEND_", "PULUMI_")) or name.lower().endswith("_proxy") or name == "VIRTUAL_ENV":
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

    def run(*options: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["talend-access", "doctor", *options])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    def diagnose(*options: str, **settings: str) -> Diagnosis:
        with monkeypatch.context() as within:
            for name, value in settings.items():
                within.setenv(name, value)
            shown = run(*options)
            code, text = run(*options, "--json")
        document = json.loads(text)
        assert document["version"] == 1
        assert code == shown[0] == (0 if document["ok"] else 2)
        found = {entry["check"]: (entry["verdict"], entry["found"], entry["todo"]) for entry in document["findings"]}
        for entry in document["findings"]:
            assert entry["verdict"] in {"ok", "warn", "missing", "unknown"}
            assert f"{entry['verdict']:8}{entry['check']}: " in shown[1]
            if entry["verdict"] in {"missing", "warn"}:
                assert entry["todo"] or ";" in entry["found"] or ":" in entry["found"], entry
        assert "Traceback" not in shown[1]
        return Diagnosis(code, shown[1], found)

    return diagnose


@pytest.fixture
def good(tenant: Tenant) -> dict[str, str]:
    """Settings with which nothing is missing."""
    return {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}
