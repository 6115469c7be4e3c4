"""What the engine keeps of a provider in a stack's state: little, always the same, and nothing secret."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, cast

import dill  # pyright: ignore[reportMissingTypeStubs]
import pytest
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic import dynamic as host

from pulumi_talend.resources.role_mapping import RoleMappingProvider
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider
from pulumi_talend_sandbox.tenant import Tenant

PROVIDERS = [WorkspacePermissionProvider, RoleMappingProvider]


def serialized(provider: object) -> str:
    serialize: Callable[[object], str] = getattr(host, "serialize_provider")  # noqa: B009 - it has no types
    return serialize(provider)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_provider_is_a_reference_to_its_class(kind: type[Any]) -> None:
    text = serialized(kind())
    assert text == serialized(kind())
    assert len(text) < 300
    content = base64.b64decode(text)
    assert kind.__name__.encode() in content
    assert kind.__module__.encode() in content
    assert type(dill.loads(content)) is kind  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_it_is_readable_in_state(kind: type[Any]) -> None:
    assert kind.serialize_as_secret_always is False


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_program_s_provider_knows_no_secret(kind: type[Any], tenant: Tenant) -> None:
    """Providers are serialised in the program, which never configures them; what the host's hold never goes anywhere."""
    provider = cast("ResourceProvider", kind())
    provider.configure(
        ConfigureRequest(Config({"talend:endpoint": tenant.url, "talend:token": tenant.token}, "project"))
    )
    shown = repr(provider), repr(vars(provider))
    assert not any(tenant.token in text for text in shown)
    assert tenant.token.encode() not in base64.b64decode(serialized(kind()))
