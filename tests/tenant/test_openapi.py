"""Whatever the tenant is sent, its answers are the ones of its own OpenAPI document, and none is a 500.

What the vendor's documents say is tested in tests/contract, where they are beside the checkout.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

import support
from pulumi_talend_sandbox.tenant import Behaviour, Tenant
from pulumi_talend_sandbox.tenant.app import build_app
from pulumi_talend_sandbox.tenant.company import account_id, object_id
from pulumi_talend_sandbox.tenant.core import Core

library: Any = pytest.importorskip("schemathesis", reason="schemathesis is for Python 3.11 and newer")

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))

KNOWN: dict[str, Any] = {
    "workspaceId": [object_id("workspace/dev/Sales"), object_id("workspace/prod/Finance")],
    "userId": [account_id(f"user/{name}@nordlicht-retail.example") for name in ("oskar.berg", "matthias.krueger")],
    "serviceAccountId": [account_id("service-account/audit-export")],
    "permissions": [["VIEW"], ["EXECUTE", "VIEW"], []],
    "roles": [["Operator"], ["Operator", "Environment Administrator"]],
    "customerRoleName": ["nordlicht-platform"],
    "name": ["nordlicht-platform", "a/b", "ä\n"],
    "query": ["environment.name==dev", 'name=="Sales";type==custom'],
}
"""What is there in the tenant: made up alone, hardly an id would be one of them."""


def schema() -> dict[str, Any]:
    """The tenant's OpenAPI, which also says what is there."""
    core = Core(behaviour=Behaviour(), seed="empty", database=None, clock=lambda: 0.0)
    document = build_app(core).openapi()
    core.store.database.close()
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in KNOWN:
                    parameter["schema"] = {"anyOf": [{"enum": KNOWN[parameter["name"]]}, parameter["schema"]]}
    for name in ("Permission", "RoleMapping"):
        for field, described in document["components"]["schemas"][name]["properties"].items():
            described["anyOf"] = [{"enum": KNOWN[field]}, {"type": described.pop("type"), **described}]
    return document


WHOLE: Any = library.openapi.from_dict(
    schema(),
    config=library.Config.from_dict(
        {
            "request-timeout": 300.0,  # 10 s by default, which a busy machine takes
            "generation": {"deterministic": TIMES == 1, "max-examples": 6 * TIMES, "mode": "all"},
            "checks": {
                # What the API refuses of what its schema allows (a role that does not exist) is a 400 as well.
                "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 403, 404, 409]},
                # How strict the API is about what its schema does not know is undocumented; other parameters are ignored.
                "negative_data_rejection": {"enabled": False},
                # Starlette has one route for each method, and names in `Allow` that of the first one.
                "allow_header_conformance": {"enabled": False},
            },
        }
    ),
)
# The schema of its answer, a pair of two types within a choice, is one that the library cannot compile.
API: Any = WHOLE.exclude(path="/_sandbox/behaviour")


@pytest.fixture(scope="module")
def served() -> Iterator[Tenant]:
    """A tenant that these calls may do anything to; what fails inside it fails the test that ends it."""
    with Tenant.start() as tenant:
        yield tenant


@API.parametrize()
def test_an_answer_is_as_documented(case: Any, served: Tenant) -> None:
    served.clear_faults()
    served.set_behaviour(**Behaviour().model_dump())
    case.call_and_validate(base_url=served.url, headers={"Authorization": f"Bearer {served.token}"})


OTHERWISE = Behaviour(
    post_on_existing="merge",
    put_on_none="done",
    get_of_none="empty",
    empty_permissions="stays",
    batch_refusals="all-rows",
    batch_unknown_id="each",
    batch_delete_on_none="404",
    unknown_filter="empty",
    empty_roles="done",
    user_roles_as="names",
)


@API.include(path_regex="^/(security|account|orchestration)").parametrize()
def test_so_it_is_with_other_switches(case: Any, served: Tenant) -> None:
    served.clear_faults()
    served.set_behaviour(**OTHERWISE.model_dump())
    case.call_and_validate(
        base_url=served.url,
        headers={"Authorization": f"Bearer {served.token}"},
    )


@pytest.mark.parametrize("accepts_objects", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"permissions":' * 9_000,
        b"9" * 5_000,
        b"NaN",
        b'["\\ud800"]',
        b"\xff\xfe",
        b"",
        b"null",
        b"\x00",
    ],
    ids=["deep", "objects", "number", "nan", "half", "utf-16", "nothing", "null", "zero"],
)
def test_a_body_that_is_hardly_json_is_refused(served: Tenant, body: bytes, accepts_objects: bool) -> None:
    served.clear_faults()
    served.set_behaviour(**Behaviour(accept_object_bodies=accepts_objects).model_dump())
    workspace, user = KNOWN["workspaceId"][0], KNOWN["userId"][0]
    for path in (
        f"workspaces/{workspace}/users/{user}/permissions",
        "permissions/batch",
        "role-mappings",
        "oauth/token",
    ):
        headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}
        answer = support.fetch("POST", f"{served.url}/security/{path}", content=body, headers=headers)
        assert answer.status_code in {400, 401}, (path, answer.text)
        assert answer.json()["message"]
