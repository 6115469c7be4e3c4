"""Goes wrong in every way there is, so that each message is made once. What is raised is the message, so it goes no further."""
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hosting import Lab, Refused
from pulumi_talend import cli
from pulumi_talend.api import TalendError, resolve_settings

AT = "@nordlicht-retail.example"
ANNA = f"Anna.Petersen{AT}"
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
MAPPINGS = "/security/role-mappings"


Case = Callable[[Lab, Path, pytest.MonkeyPatch], None]


@contextmanager
def told() -> Generator[None]:
    """What is raised here has been heard."""
    with suppress(TalendError, Refused, ValueError, SystemExit, NotImplementedError):
        yield


def refuse(*acts: Callable[[], object]) -> None:
    for act in acts:
        with told():
            act()


def command(patch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Runs `talend-access`; that it ends is its message."""
    patch.setattr(sys, "argv", ["talend-access", *arguments])
    with suppress(SystemExit):
        cli.main()


def settings(_lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    token, eu = {"TALEND_TOKEN": "x-secret-x"}, {"TALEND_REGION": "eu"}
    for environ in (
        {},
        {**token, "TALEND_REGION": "mars"},
        {**token, "TALEND_ENDPOINT": "api.eu.cloud.talend.com"},
        {**token, "TALEND_ENDPOINT": "http://talend.example"},
        {**token, "TALEND_ENDPOINT": "https://me:word@talend.example"},
        {**token, "TALEND_ENDPOINT": "https://talend.example?x=1"},
        {**token, "TALEND_ENDPOINT": "https://[x"},
        {**token, **eu, "TALEND_CLIENT_ID": "someone"},
        {**eu, "TALEND_CLIENT_ID": "someone"},
        {**eu, "TALEND_CLIENT_SECRET": "x-secret-x"},
        {**eu, "TALEND_TOKEN": "x secret x"},
    ):
        refuse(lambda environ=environ: resolve_settings(lambda _name: None, environ))


CASES: list[Case] = [settings]
