"""What a program gives to a resource, before the engine hears of it.

Pulumi reports an argument that it cannot carry, like a set of permissions, long after the line that gave it, with a traceback
of its own in which that line does not stand. So that is looked for where the resource is declared.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi

from .claims import DECLARATION, declaration


class WrongArgumentError(pulumi.RunError):
    """A resource was declared with an argument that no value of Pulumi's can be. The engine shows its one line."""


WrongArgumentError.__module__ = "pulumi_talend"


def declared(type_name: str, name: Any, opts: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    """`properties` as they go to the engine, with what the resource says about itself. Raises WrongArgumentError.

    A program without a type checker may give anything as `name` and `opts`: a text and ResourceOptions are right.
    """
    if not isinstance(name, str) or not name:
        raise WrongArgumentError(
            f"{type_name}: its first argument must be a text, the resource's name in the program, not {_said(name)}; "
            f'write {type_name}("some-name", ...).'
        )
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise WrongArgumentError(
            f"{type_name} '{name}': opts cannot be {_said(opts)}; write opts=pulumi.ResourceOptions(...)."
        )
    for key, value in properties.items():
        wrong = _not_carried(value, key)
        if wrong:
            raise WrongArgumentError(f"{type_name} '{name}': {wrong}.")
    return {**properties, DECLARATION: declaration(type_name, name, opts)}


def _not_carried(value: object, where: str) -> str:
    """What is wrong with a value that Pulumi cannot carry; empty where it can."""
    if value is None or isinstance(value, (bool, int, float, str, pulumi.Output)) or inspect.isawaitable(value):
        return ""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            if not isinstance(key, str):
                return f"{where} has the key {_said(key)}; write texts as keys"
            if wrong := _not_carried(item, f"{where}[{key!r}]"):
                return wrong
        return ""
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        items = cast("Sequence[object]", value)
        return next((wrong for item in items if (wrong := _not_carried(item, f"an item of {where}"))), "")
    if isinstance(value, pulumi.Resource):
        return f"{where} is a resource ({type(value).__name__}); write which of its properties is meant, like its .id"
    return (
        f"{where} cannot be {_said(value)}; write a {'list, like sorted(...)' if _is_many(value) else 'text or a list'}"
    )


def _is_many(value: object) -> bool:
    return hasattr(value, "__iter__")


def _said(value: object) -> str:
    kind = "nothing" if value is None else f"of type {type(value).__name__}"
    return "an empty text" if isinstance(value, str) else kind
