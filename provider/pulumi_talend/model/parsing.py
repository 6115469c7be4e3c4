"""From Pulumi properties to typed inputs, with every reason for a refusal and its property."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from .inputs import Inputs
from .problems import Problem

M = TypeVar("M", bound=Inputs)


def parse(
    model: type[M],
    properties: Mapping[str, Any],
    *,
    extra_permissions: Iterable[str] | None = (),
    checked: bool = False,
    ended: Collection[str] = (),
) -> M | list[Problem]:
    """Parses Pulumi properties.

    Args:
        model: The inputs to parse them as.
        properties: Pulumi properties; null counts as not given.
        extra_permissions: Permissions that are valid beside the documented ones; None where any name may be.
        checked: The properties come out of a check, where access that has ended is left out or an empty list.
        ended: Properties that are empty as a check has left them.

    Returns:
        The inputs, or everything that is wrong with them.
    """
    given = {name: value for name, value in properties.items() if value is not None}
    try:
        extra = None if extra_permissions is None else tuple(extra_permissions)
        inputs = model.model_validate(given, context={"extra_permissions": extra, "checked": checked or bool(ended)})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return list(dict.fromkeys(_problem(detail) for detail in details if not _is_other_branch(detail)))
    if checked:
        return inputs
    return [problem for problem in inputs.problems() if problem.where not in ended] or inputs


def _is_other_branch(detail: Any) -> bool:
    """Whether an error only says that a table is not the text of an unknown one."""
    return detail["type"] == "string_type" and detail["loc"][-1] == "str"


def _problem(detail: Any) -> Problem:
    where, *inside = [str(part) for part in detail["loc"]] or [""]
    # The entry of a table that is wrong, and its field; the branches of a union and the mark of a key are pydantic's own.
    inside = [
        part for part in inside if not part.startswith(("dict[", "function-", "list[", "[key]")) and part != "str"
    ]
    if detail["type"] == "missing":
        reason = f"{inside[0]}: {inside[-1]} is required" if inside else "is required"
    elif detail["type"] == "extra_forbidden":
        reason = f"{inside[0]}: has '{inside[-1]}'; an entry has permissions and expires_at, remove it"
    else:
        said = str(detail["msg"]).removeprefix("Value error, ")
        about = ": ".join(part for part in inside if part != "permissions")
        reason = f"{about}: {said}" if about and f"'{about}'" not in said else said
    return Problem(where, reason, entry=inside[0] if inside else "")
