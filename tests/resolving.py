"""Settings from a stack's configuration and an environment, both as a test writes them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import support
from pulumi_talend.api import ENVIRONMENT_NAMES, ENVIRONMENT_ONLY, Settings, resolve_settings
from pulumi_talend.errors import ConfigurationError

TOKEN = {"token": "pat-1"}
ACCOUNT = {"clientId": "id-1", "clientSecret": "secret-1"}
NAMES = {**ENVIRONMENT_NAMES, **ENVIRONMENT_ONLY}


def resolve(stack: Mapping[str, object] | None = None, shell: Mapping[str, str] | None = None) -> Settings:
    """Settings from `name: value` of the stack and of the environment, both by the stack's names."""
    config = {f"talend:{name}": value for name, value in (stack or {}).items()}
    return resolve_settings(config.get, {NAMES[name]: value for name, value in (shell or {}).items()})


def problems(stack: Mapping[str, object] | None = None, shell: Mapping[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        resolve(stack, shell)
    found = {problem.where: problem.reason for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems) > 0
    for where, reason in found.items():
        assert f"{where}: {reason}" in str(caught.value)
        support.readable(f"{where}: {reason}")
    return found
