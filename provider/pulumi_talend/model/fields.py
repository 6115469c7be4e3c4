"""The kinds of values that inputs are made of, each with its reasons for a refusal.

A value that is not known yet (an output of a resource to be created, in a preview) passes every check.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, ValidationInfo

from . import principals
from .expiry import parse_time
from .grants import CONSOLE_WORDS, PERMISSIONS
from .unknown import UNKNOWN, is_unknown


def kind(value: object) -> str:
    """The kind of a value, in words."""
    names = {"bool": "a truth value", "int": "a number", "float": "a number", "list": "a list", "dict": "an object"}
    return "null" if value is None else names.get(type(value).__name__, type(value).__name__)


def text(value: Any) -> str:
    """Checks for printable text that is not empty. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {kind(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    if not value.strip():
        raise ValueError("is blank; write a name or an id, or leave it out")
    if not value.isprintable():
        raise ValueError(f"{ascii(value)[:100]} has control or invisible characters; copy it again")
    return value


def name(value: Any) -> str:
    """Checks for the name of something. Raises ValueError."""
    if text(value) != value.strip():
        raise ValueError(f"'{value}' has leading or trailing whitespace; remove it")
    return value


def identifier(value: Any) -> str:
    """Checks for an id. Raises ValueError."""
    checked = name(value)
    if "/" in checked or any(character.isspace() for character in checked):
        raise ValueError("is not an id: an id has no whitespace and no '/'; copy it again")
    if not any(character.isalnum() for character in checked):
        raise ValueError("is not an id: an id has letters or digits; copy it again")
    return checked


def customer_role(value: Any) -> str:
    """Checks for the name of a customer role. Raises ValueError."""
    checked = text(value)
    if "," in checked:
        raise ValueError(
            "has a comma: the identity provider separates roles with commas, so this name never matches; "
            "write one RoleMapping for each role"
        )
    if not any(character.isalnum() for character in checked):
        raise ValueError("has no letter or digit; write the role's name as the identity provider sends it")
    if any(step in {"", ".", ".."} for step in checked.split("/")):
        raise ValueError(
            "has an empty, '.' or '..' step between slashes, which could address another object of the API; rename it"
        )
    return checked


def names(value: Any) -> list[str]:
    """Checks for a list of texts that is not empty; returns them sorted, each once. Raises ValueError."""
    if value is None:
        raise ValueError("is null; write a list, or remove the entry")
    if isinstance(value, str):
        raise ValueError(f'must be a list: write ["{value}"]')  # noqa: TRY004 - pydantic collects ValueErrors
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of texts, not {kind(value)}")  # noqa: TRY004 - as above
    items = list(cast("list[Any]", value))
    if not items:
        raise ValueError("is empty; name at least one, or remove the resource")
    for item in items:
        if not isinstance(item, str) or not item.strip() or not item.isprintable():
            raise ValueError(f"has {ascii(item)[:60]}, which is not a name")
        if item != item.strip():
            raise ValueError(f"has '{item}' with leading or trailing whitespace; remove it")
    return sorted(set(items))


def names_or_none(value: Any, info: ValidationInfo) -> list[str]:
    """As `names`; an empty list passes in inputs that come out of a check, where it says that access has ended."""
    context: dict[str, Any] = info.context or {}
    return [] if value == [] and context.get("checked") else names(value)


def permission_names(value: Any, info: ValidationInfo) -> list[str]:
    """As `names_or_none`, of workspace permissions only. Raises ValueError."""
    given = names_or_none(value, info)
    context: dict[str, Any] = info.context or {}
    extra: tuple[str, ...] | None = context.get("extra_permissions", ())
    if extra is None:
        return given
    valid = (*PERMISSIONS, *extra)
    reasons = [not_a_permission(permission, valid) for permission in given if permission not in valid]
    if reasons:
        raise ValueError("; ".join(reasons))
    return given


_CONSOLE = {"manager": "MANAGE"} | {word.lower(): permission for permission, word in CONSOLE_WORDS.items()}


def did_you_mean(name: str, known: Iterable[str], *, alike: Callable[[str], str] = str.lower) -> str:
    """`; did you mean 'b'?`, empty where no known name is near. `alike`: how names are compared."""
    spellings = {alike(each): each for each in known}
    near = difflib.get_close_matches(alike(name), spellings, n=1, cutoff=0.6)
    return f"; did you mean '{spellings[near[0]]}'?" if near else ""


def not_a_permission(
    permission: str,
    valid: Sequence[str],
    *,
    bundles: Iterable[str] | None = None,
    others: str = "talend:extraPermissions",
) -> str:
    """Why a name is not a permission, and which one may be meant.

    Args:
        permission: The name.
        valid: The permissions.
        bundles: The bundles that are valid there too; None without any.
        others: Where more permissions can be named.
    """
    wrong = f"'{permission}' is not a valid permission"
    if bundles is not None:
        wrong = f"'{permission}' is neither a bundle nor a permission"
    if permission.upper() in valid:
        return f"{wrong}: permissions are upper case, write {permission.upper()}"
    if meant := did_you_mean(permission, bundles or ()):
        return f"{wrong}{meant}"
    if permission.lower() in _CONSOLE:
        return f"{wrong}: the console's {permission} is {_CONSOLE[permission.lower()]} here"
    near = difflib.get_close_matches(permission.upper(), valid, n=1, cutoff=0.6)
    guess = f"; did you mean {near[0]}? Permissions" if near else "; permissions"
    return f"{wrong}{guess} are {', '.join(valid)} (others: {others})"


def time_text(value: Any) -> str:
    """Checks for a time with its zone. Raises ValueError."""
    parse_time(value)
    return str(value)


def removal_allowance(value: Any) -> int | str:
    """Checks for `max_removals`: a whole number, a share like `30%`, or `all`. Raises ValueError."""
    if isinstance(value, str):
        share = value.strip().removesuffix("%")
        if value == "all" or (value.strip().endswith("%") and share.isdecimal() and int(share) <= 100):
            return value
    elif (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
        and value == int(value)
    ):
        return int(value)
    raise ValueError(f'must be a number, a share like "30%" or "all", not {ascii(value)[:40]}')


def _or_unknown(check: Callable[..., Any]) -> BeforeValidator:
    """The check for a value that may not be known yet."""
    if check in (names_or_none, permission_names):
        return BeforeValidator(lambda value, info: UNKNOWN if _unknown_list(value) else check(value, info))  # pyright: ignore[reportUnknownLambdaType]
    return BeforeValidator(lambda value: UNKNOWN if is_unknown(value) else check(value))  # pyright: ignore[reportUnknownLambdaType]


def _unknown_list(value: object) -> bool:
    """A list with one unknown item says nothing about the whole: it is not known."""
    if isinstance(value, (list, tuple)):
        return any(is_unknown(item) for item in cast("list[object]", value))
    return is_unknown(value)


def flag(value: Any) -> bool | str:
    """Checks for a truth value. Raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError(f"must be True or False, not {ascii(value)[:40]}")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def exclusive(value: Any) -> bool | str:
    """Checks for what a set is complete for. Raises ValueError."""
    if isinstance(value, bool) or value == "users":
        return value
    raise ValueError(f'must be True, False or "users", not {ascii(value)[:40]}')


def principal(value: str) -> str:
    """Checks for how a principal is written in a table (see `principals`). Raises ValueError."""
    principals.read(value)
    return value


Name = Annotated[str, _or_unknown(name)]
Identifier = Annotated[str, _or_unknown(identifier)]
CustomerRole = Annotated[str, _or_unknown(customer_role)]
PermissionNames = Annotated[list[str] | str, _or_unknown(permission_names)]
"""Sorted permissions; `UNKNOWN` where they are not known yet."""
RoleNames = Annotated[list[str] | str, _or_unknown(names_or_none)]
"""Sorted Talend roles; `UNKNOWN` where they are not known yet."""
Time = Annotated[str, _or_unknown(time_text)]
Flag = Annotated[bool | str, _or_unknown(flag)]
Removals = Annotated[int | str, _or_unknown(removal_allowance)]
Exclusive = Annotated[bool | Literal["users"] | str, _or_unknown(exclusive)]
PrincipalText = Annotated[str, BeforeValidator(principal)]
RoleText = Annotated[str, BeforeValidator(customer_role)]
