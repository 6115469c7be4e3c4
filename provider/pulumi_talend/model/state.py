"""The properties that a state has of a resource, which somebody may have edited by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from .inputs import GrantEntry, Inputs
from .parsing import parse
from .planning import Access

M = TypeVar("M", bound=Inputs)


class StateValueError(ValueError):
    """A property of a state that is not what the model says.

    Attributes:
        where: The property; empty for the whole.
        reason: What is wrong with it.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


def parse_state(model: type[M], properties: Mapping[str, Any]) -> M:
    """Parses properties that a state or a preview has, which a check has passed. Every permission in them counts as valid.

    Raises:
        StateValueError: One is not what the model says.
    """
    parsed = parse(model, properties, extra_permissions=None, checked=True)
    if isinstance(parsed, list):
        raise StateValueError(parsed[0].where, parsed[0].reason)
    return parsed


def parse_recorded(model: type[M], properties: Mapping[str, Any]) -> M:
    """As `parse_state`, of a resource that exists: it has ids. Raises StateValueError."""
    inputs = parse_state(model, properties)
    for problem in inputs.problems_in_state():
        raise StateValueError(problem.where, problem.reason)
    return inputs


def entries_in_state(grants: Mapping[str, Any]) -> dict[str, Access]:
    """Returns the entries of a set's state; one that is not what the model says has unknown rights, and no end."""
    found: dict[str, Access] = {}
    for who, entry in grants.items():
        given = cast("Mapping[str, Any]", entry) if isinstance(entry, Mapping) else {"permissions": entry}
        try:
            found[who] = GrantEntry.model_validate(given, context={"checked": True, "extra_permissions": None}).given
        except ValidationError:
            found[who] = Access(None)
    return found


def valid_in_state(model: type[Inputs], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the properties of a state without those that are not what the model says."""
    parsed = parse(model, properties, extra_permissions=None, checked=True)
    wrong = {problem.where for problem in parsed} if isinstance(parsed, list) else set[str]()
    return {name: value for name, value in properties.items() if value is not None and name not in wrong}
