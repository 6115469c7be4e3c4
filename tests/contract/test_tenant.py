"""The offline tenant keeps the vendor's documents: its statuses, bodies and headers are theirs, whatever it is asked."""

from __future__ import annotations

import copy
import os
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from contract.documents import NAMES, document, specs
from pulumi_talend.api.operations import ALL_OPERATIONS, OPERATIONS
from pulumi_talend_sandbox.tenant import Behaviour, Tenant
from pulumi_talend_sandbox.tenant.company import account_id, object_id

specs()
library: Any = pytest.importorskip("schemathesis", reason="schemathesis is for Python 3.11 and newer")
FailureGroup: Any = pytest.importorskip("schemathesis.core.failures").FailureGroup

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))

_USERS = [account_id(f"user/{name}@nordlicht-retail.example") for name in ("oskar.berg", "matthias.krueger")]
_PLACES = [object_id("workspace/dev/Sales"), object_id("workspace/prod/Finance")]
_ACCOUNTS = [account_id("service-account/audit-export")]
KNOWN: dict[str, list[Any]] = {
    "workspaceId": _PLACES,
    "workspaceIds": [[place] for place in _PLACES],
    "environmentId": [object_id("environment/dev")],
    "userId": [*_USERS, *_ACCOUNTS],
    "userIds": [_USERS, _USERS[:1]],
    "serviceAccountId": _ACCOUNTS,
    "serviceAccountIds": [_ACCOUNTS],
    "customerRoleName": ["nordlicht-platform", "Buchhaltung Köln"],
    "query": ["name==Sales,environment.name==dev", "name==S*"],
    "page": [1, 2, 3],
    "size": [1, 50, 100],
}
"""What is there in the tenant: made up alone, hardly an id would be one of them."""

UNDOCUMENTED: dict[str, set[int]] = {
    **{o.name: {400} for o in ALL_OPERATIONS if o.batch or o.name in ("create_token", "list_environments")},
    # Documented for users, roles and groups alike; this listing takes no parameters.
    "list_service_accounts": set(),
}
"""Statuses that the tenant answers and the document does not list: it names none for a body or query that is malformed."""


def _served(name: str) -> dict[str, Any]:
    """A document, reduced to what the tenant serves, that also says what is there. Where schema and example disagree, the
    example counts."""
    reduced = copy.deepcopy(document(name))
    wanted = {(o.path, o.method.lower()): o for o in ALL_OPERATIONS if o.document == name}
    paths: dict[str, Any] = {}
    for path, item in reduced["paths"].items():
        for method, raw in item.items():
            if (path, method) not in wanted:
                continue
            operation = wanted[path, method]
            kept = paths.setdefault(path, {"parameters": item.get("parameters", [])})
            kept[method] = raw
            for status in UNDOCUMENTED.get(operation.name, ()):
                raw["responses"][str(status)] = {"description": "Malformed"}
            if operation.name == "replace_role_mappings":
                one = raw["responses"]["200"]["content"]["application/json"]
                one["schema"] = {"type": "array", "items": one["schema"]}
                one.pop("example")
                raw["requestBody"] = {"required": True, "content": {"application/json": {"schema": one["schema"]}}}
            for parameter in [*kept["parameters"], *raw.get("parameters", [])]:
                if parameter.get("name") in KNOWN and "anyOf" not in parameter["schema"]:
                    parameter["schema"] = {"anyOf": [{"enum": KNOWN[parameter["name"]]}, parameter["schema"]]}
                parameter.pop("example", None)
    reduced["paths"] = paths
    if name == "workspace-permissions":
        for field in ("workspaceId", "userId"):
            described = reduced["components"]["schemas"]["Permission"]["properties"]
            described[field] = {"anyOf": [{"enum": KNOWN[field]}, {"type": "string"}]}
    if name == "sso-role-mapping":
        mapping = reduced["components"]["schemas"]["RoleMapping"]
        mapping.pop("example")
        mapping["properties"]["roles"]["items"] = {"anyOf": [{"enum": ["Operator"]}, {"type": "string"}]}
    return reduced


CONFIG = {
    "request-timeout": 300.0,  # 10 s by default, which a busy machine takes
    "generation": {"deterministic": TIMES == 1, "max-examples": 8 * TIMES, "mode": "all"},
    "checks": {
        # What the tenant refuses of what a schema allows (an id that does not exist) is documented as well.
        "positive_data_acceptance": {"enabled": False},
        # How strict the API is about what a schema does not allow is undocumented.
        "negative_data_rejection": {"enabled": False},
    },
}
SCHEMAS: dict[str, Any] = {
    name: library.openapi.from_dict(_served(name), config=library.Config.from_dict(CONFIG)) for name in NAMES
}


@pytest.fixture(scope="module")
def served() -> Iterator[Tenant]:
    """A tenant that these calls may do anything to; what fails inside it fails the test that ends it."""
    with Tenant.start() as tenant:
        yield tenant


def _check(case: Any, tenant: Tenant) -> None:
    credential = f"Bearer {tenant.token}"
    if case.path == OPERATIONS["create_token"].path:
        credential = f"Basic {b64encode(f'{tenant.client_id}:{tenant.client_secret}'.encode()).decode()}"
    case.call_and_validate(base_url=tenant.url, headers={"Authorization": credential})


def _with(behaviour: Behaviour, tenant: Tenant) -> Tenant:
    tenant.set_behaviour(**behaviour.model_dump())
    return tenant


@pytest.mark.parametrize("unknown_id", ["404", "each"])
@SCHEMAS["workspace-permissions"].parametrize()
def test_workspace_permissions(case: Any, served: Tenant, unknown_id: Any) -> None:
    _check(case, _with(Behaviour(batch_unknown_id=unknown_id), served))


@SCHEMAS["sso-role-mapping"].parametrize()
def test_sso_role_mapping(case: Any, served: Tenant) -> None:
    _check(case, _with(Behaviour(), served))


@SCHEMAS["orchestration"].parametrize()
def test_orchestration(case: Any, served: Tenant) -> None:
    _check(case, _with(Behaviour(), served))


@SCHEMAS["identities-management"].parametrize()
def test_identities_management(case: Any, served: Tenant) -> None:
    _check(case, _with(Behaviour(), served))


@SCHEMAS["service-accounts"].parametrize()
def test_service_accounts(case: Any, served: Tenant) -> None:
    _check(case, _with(Behaviour(), served))


@SCHEMAS["oauth"].parametrize()
def test_oauth(case: Any, served: Tenant) -> None:
    _check(case, _with(Behaviour(), served))


def test_an_undocumented_answer_is_noticed(served: Tenant) -> None:
    """As the tenant answered before its defaults went by the documents."""
    case = SCHEMAS["workspace-permissions"]["/security/permissions/batch"]["POST"].Case(body=[])
    _check(case, _with(Behaviour(), served))
    with pytest.raises(FailureGroup):
        _check(case, _with(Behaviour(write_status="200"), served))
