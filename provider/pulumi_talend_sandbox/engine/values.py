"""Property values: JSON data, in which a well-known string stands for a value that is unknown until the update.

There are no secrets among them. Where a program makes one part of a resource or an output, the engine refuses it, since it has
nothing to encrypt its state with. The signatures are those of the Pulumi SDK (`pulumi.runtime.rpc`).
"""

from __future__ import annotations

from typing import Any, Literal

from google.protobuf import struct_pb2

from .errors import NotModelledError

Properties = dict[str, Any]
Change = Literal["add", "delete", "update"]
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker, not a password
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def from_struct(struct: struct_pb2.Struct, owner: str = "") -> Properties:
    """Return the properties of `owner` (for messages); raises `NotModelledError` for a secret among them."""
    return {key: _from_proto(value, owner) for key, value in struct.fields.items()}


def _from_proto(value: struct_pb2.Value, owner: str) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [_from_proto(item, owner) for item in value.list_value.values]
    if kind != "struct_value":
        return None if kind is None or kind == "null_value" else getattr(value, kind)
    fields = from_struct(value.struct_value, owner)
    signature = fields.get(_SIGNATURE)
    if signature == _SECRET or (signature == _OUTPUT and fields.get("secret") is True):
        raise NotModelledError(f"{owner}: a secret among its properties")
    return fields.get("value", UNKNOWN) if signature == _OUTPUT else fields


def to_struct(properties: Properties) -> struct_pb2.Struct:
    """Return properties for the wire."""
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def changed_keys(old: Properties, new: Properties) -> dict[str, Change]:
    """Return the top-level keys that differ, sorted, and how; a missing value is the same as null."""
    result: dict[str, Change] = {}
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if not same(before, after):
            result[key] = "add" if before is None else "delete" if after is None else "update"
    return result


def same(a: Any, b: Any) -> bool:
    """Return whether two values are equal; an unknown value equals nothing, and a number is no boolean."""
    if UNKNOWN in (a, b):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        old, new = Properties(a), Properties(b)  # pyright: ignore[reportUnknownArgumentType] JSON data
        return all(same(old.get(key), new.get(key)) for key in old.keys() | new.keys())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))  # pyright: ignore[reportUnknownArgumentType] JSON data
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return a == b
