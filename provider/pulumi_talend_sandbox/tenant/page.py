"""The page at `/`: who may do what in this tenant, for a person to look at while a stack works."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from .access import ENGINE_USE
from .admin import PREFIX
from .behaviour import Behaviour
from .calls import Call
from .core import Core
from .routing import CoreOf

router = APIRouter(include_in_schema=False)

_LAST_CALLS = 25
_LONGEST_BODY = 160
# Nothing from elsewhere, and nothing but the page's own script: names from the tenant are shown as text.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Row:
    """A principal in the matrix of one environment, with its permissions on each workspace there."""

    name: str
    login: str
    kind: str
    engine_use: bool
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Matrix:
    """One environment: its workspaces across, whoever has access to any of them down."""

    name: str
    workspaces: tuple[dict[str, Any], ...]
    rows: tuple[Row, ...]


@router.get("/")
def page(core: CoreOf) -> HTMLResponse:
    """The whole page."""
    return HTMLResponse(_templates().get_template("page.html").render(_view(core)), headers=_HEADERS)


@router.get(PREFIX + "/page")
def live(core: CoreOf) -> HTMLResponse:
    """The part of it that changes; the page asks for it every other second."""
    return HTMLResponse(_templates().get_template("live.html").render(_view(core)), headers=_HEADERS)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("pulumi_talend_sandbox.tenant"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = _clock
    environment.filters["brief"] = _brief
    return environment


def _view(core: Core) -> dict[str, Any]:
    directory = core.store.directory
    defaults = Behaviour().model_dump()
    calls: list[Call] = core.calls[-_LAST_CALLS:]
    with core.store.transaction():
        return {
            "company": directory.setting("company"),
            "url": core.url,
            "matrices": _matrices(core),
            "people": len(directory.users()),
            "accounts": len(directory.service_accounts()),
            "mappings": core.store.mappings(),
            "mappings_enabled": core.store.mappings_enabled(),
            "calls": calls[::-1],
            "call_count": len(core.calls),
            "choices": {k: v for k, v in core.behaviour.model_dump().items() if v != defaults[k]},
            "faults": [fault.model_dump(exclude_defaults=True) for fault in core.faults.pending()],
            "permissions": core.behaviour.permission_names,
            "live_path": PREFIX + "/page",
        }


def _matrices(core: Core) -> list[Matrix]:
    directory = core.store.directory
    places = directory.workspaces()
    people = {
        user["id"]: (f"{user['firstName']} {user['lastName']}".strip() or user["login"], user["login"], "user")
        for user in directory.users()
    }
    people |= {
        account["id"]: (account["name"], account["id"], "service account") for account in directory.service_accounts()
    }
    found: list[Matrix] = []
    for environment in directory.environments():
        here = tuple(place for place in places if place["environment"]["id"] == environment["id"])
        given: dict[str, dict[str, tuple[str, ...]]] = {}
        for grant in core.store.grants(environment_id=environment["id"]):
            given.setdefault(grant.account_id, {})[grant.workspace_id] = grant.permissions
        rows = [
            Row(
                *people.get(account, (f"gone: {account}", account, "gone")),
                ENGINE_USE in directory.rights_of(account),
                tuple(cells.get(place["id"], ()) for place in here),
            )
            for account, cells in given.items()
        ]
        found.append(
            Matrix(environment["name"], here, tuple(sorted(rows, key=lambda row: (row.kind != "user", row.name))))
        )
    return found


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def _brief(body: Any) -> str:
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return text if len(text) <= _LONGEST_BODY else text[: _LONGEST_BODY - 1] + "…"
