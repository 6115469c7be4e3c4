"""Whatever a program gives a resource: its check takes it or says why not, at the property, in lines to be shown."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from e2e.company import AUDIT, FELIX, FINANCE, LOGISTICS, OSKAR, SALES
from fuzz.strange import Raw, Twice, damaged, examples
from hosting import Lab, Refused
from pulumi_talend.provider.base import TalendProvider
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Tenant

Provider = type[TalendProvider[Any]]

SPECIAL = "4dabf18193072939515e22adb298388d"
GOOD: list[tuple[Provider, dict[str, Any]]] = [
    (WorkspacePermissionProvider, {"workspace_id": SALES, "user_id": OSKAR, "permissions": ["VIEW", "EXECUTE"]}),
    (
        WorkspacePermissionProvider,
        {
            "workspace": "Finance",
            "environment": "dev",
            "service_account": "audit-export",
            "permissions": ["VIEW"],
            "expires_at": "2099-01-31T18:00:00+01:00",
            "adopt_existing": True,
        },
    ),
    (RoleMappingProvider, {"role_name": "nordlicht-x", "roles": ["Operator"], "expires_at": "2099-01-31T18:00:00Z"}),
    (
        WorkspaceAccessProvider,
        {
            "workspace_id": LOGISTICS,
            "grants": {
                "oskar.berg@nordlicht-retail.example": ["VIEW"],
                f"user-id:{FELIX}": {"permissions": ["VIEW"], "expires_at": "2099-01-31T18:00:00Z"},
                f"service-account-id:{AUDIT}": ["VIEW"],
            },
            "exclusive": "users",
            "max_removals": 3,
        },
    ),
    (
        WorkspaceAccessProvider,
        {"workspace_id": FINANCE, "grants": {"felix.thomsen@nordlicht-retail.example": ["VIEW"]}},
    ),
    (RoleMappingsProvider, {"mappings": {"nordlicht-x": ["Operator"], "y": ["Operator"]}, "max_removals": "all"}),
]


def as_given(value: Any) -> Any:
    """As the engine hands it over: a struct's values, where text is Unicode and a number is a float."""
    if isinstance(value, Twice):
        return as_given(value.inside)
    if isinstance(value, Raw):
        odd: dict[str, Any] = {
            "NaN": float("nan"),
            "Infinity": float("inf"),
            "-Infinity": float("-inf"),
            "null": None,
            "true": True,
            "[]": [],
        }
        return odd.get(value.text, value.text.strip('"')[:300])
    if isinstance(value, dict):
        # The engine's mark of a special value is the SDK's to read.
        given_ = cast("dict[Any, Any]", value).items()
        return {str(key): as_given(inner) for key, inner in given_ if key != SPECIAL}
    if isinstance(value, list):
        return [as_given(inner) for inner in cast("list[Any]", value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 10**300 else float("inf")
    return value


@st.composite
def inputs(draw: st.DrawFn) -> tuple[Provider, dict[str, Any]]:
    kind, good = draw(st.sampled_from(GOOD))
    odd = as_given(draw(damaged([good])))
    given_ = cast("dict[str, Any]", odd) if isinstance(odd, dict) else good
    if draw(st.integers(0, 5)) == 0:
        given_ = {**given_, draw(st.sampled_from(sorted(good))): UNKNOWN}
    return kind, {name: value for name, value in given_.items() if name not in {"self", "kind", "name"}}


@pytest.fixture(scope="module")
def lab(running_tenant: tuple[Tenant, dict[str, Any]]) -> Lab:
    return Lab(running_tenant[0])


@examples(150)
@given(made=inputs())
def test_what_a_program_gives_is_taken_or_refused_with_reasons(lab: Lab, made: tuple[Provider, dict[str, Any]]) -> None:
    kind, given_ = made
    run = lab.run()
    try:
        what, checked = run.preview(kind, "odd", **given_)
    except Refused as refused:
        for where, reason in refused.failures:
            text = f"{where}: {reason}"
            assert "\n" not in text
            assert text.encode()
            assert "Something unexpected" not in text, text
            assert not any(character in text for character in "\x00\x1b\r\u202e"), ascii(text)
    else:
        assert what == "create"
        assert set(checked) >= set(kind().inputs_type.identity) - {"user_id", "service_account_id"}
        # What was taken once is taken again as it came out: the engine checks it anew before it writes.
        assert run.check(kind, "odd", **checked).keys() == checked.keys()
