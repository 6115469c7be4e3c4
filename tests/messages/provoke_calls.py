"""Goes wrong with calls: answers of all sorts, none at all, waits."""
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import support
from hosting import Lab
from messages.provoke import Case, refuse
from pulumi_talend_sandbox.tenant import Fault


def calls(lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    """Answers of all sorts, to reading and to writing calls."""
    tenant = lab.tenant
    key = support.user_key(tenant)

    def meet(work: Callable[[Any], object], *faults: dict[str, Any]) -> None:
        for fault in faults:
            tenant.inject(Fault.model_validate({"times": None, **fault}))
        with support.client_of(support.settings_for(tenant)) as client:
            refuse(lambda: work(client))
        tenant.clear_faults()

    def read(client: Any) -> object:
        return client.role_mappings.list()

    def write(client: Any) -> object:
        return client.permissions.assign(key, frozenset({"VIEW"}))

    for status in (400, 401, 403, 404, 409, 429, 500, 418):
        meet(read, {"kind": "status", "status": status})
    for status in (400, 403, 500):
        meet(write, {"kind": "status", "status": status, "method": "POST"})
    for kind in ("html", "redirect", "truncated", "drop-before"):
        meet(read, {"kind": kind})
        meet(write, {"kind": kind, "method": "POST"})
    meet(read, {"kind": "missing-field"})
    meet(read, {"kind": "status", "status": 200, "body": [{"name": "a", "roles": []}, {"name": "a", "roles": []}]})
    meet(read, {"kind": "status", "status": 200, "body": "[1, 2"})
    meet(read, {"kind": "status", "status": 200, "body": '[{"name": NaN}]'})
    meet(
        lambda client: client.permissions.get(key),
        {"kind": "status", "status": 200, "body": {"userId": "other", "workspaceId": "w", "permissions": []}},
    )
    meet(
        lambda client: client.permissions.list(), {"kind": "status", "status": 200, "body": [{"permissions": ["VIEW"]}]}
    )
    meet(lambda client: client.role_mappings.get(".."))
    tenant.inject(Fault(kind="status", status=200, path="/security/oauth/token", body={"access_token": "a b"}))
    with support.client_of(support.service_account_settings(tenant)) as client:
        refuse(client.role_mappings.list)
    meet(lambda client: client.role_mappings.get("a/../b"))
    with support.client_of(support.settings_for(tenant, token="no-such-token")) as client:
        refuse(client.role_mappings.list)

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    def endless(request: httpx.Request) -> httpx.Response:
        page, size = int(request.url.params["page"]), 100
        return httpx.Response(
            200, json=[{"id": f"{page}-{number}", "login": f"{page}-{number}"} for number in range(size)]
        )

    def large(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Large())

    with support.mocked_client(silent) as client:
        refuse(client.role_mappings.list)
    with support.mocked_client(large) as client:
        refuse(client.role_mappings.list)
    from pulumi_talend.api import directory

    with support.mocked_client(endless) as client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory, "_MAX_PAGES", 2)
        refuse(client.directory.users)
    from pulumi_talend.api import GrantKey, NotSentError, Settings, TokenCredential

    refuse(lambda: GrantKey.from_resource_id("nothing"))
    nowhere = Settings("http://127.0.0.1:9", TokenCredential("x-secret-x"), "http://127.0.0.1:9")
    with support.client_of(nowhere) as client, suppress(NotSentError):
        client.role_mappings.list()


class Large(httpx.SyncByteStream):
    """More than any answer of the API."""

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(70):
            yield bytes(2**20)


def waiting(lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    clock, said = support.VirtualClock(), []
    pacer = support.pacer_on(clock, said)
    pacer.refused({"retry-after": "60"}, fallback=1.0)
    with pacer.turn():
        pass


CASES: list[Case] = [calls, waiting]
