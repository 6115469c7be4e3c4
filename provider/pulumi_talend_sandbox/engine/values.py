"""Property values: JSON data plus secrets and values not known yet, and their two other shapes.

On the wire (protobuf `Struct`) and in a state file a secret is an object with a signature key; an unknown
value is a well-known string on the wire and never stands in state. The signatures and strings are those of
the Pulumi SDK (`pulumi.runtime.rpc`). Assets and resource references keep their signed-object form here: both
shapes are the same, and stacks of access resources do nothing with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union, cast

from google.protobuf import struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker, not a password
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that exists only after the update; use the one instance, `UNKNOWN`."""

    def __repr__(self) -> str:
        """Show it the way a preview does."""
        return "[unknown]"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted wherever it is stored, and never shown.

    `ciphertext` is the form it was last stored in, kept so that an unchanged secret is not encrypted anew.
    """

    value: Value = field(repr=False)
    ciphertext: str | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        """Show that there is a secret, and nothing of it."""
        return "[secret]"


Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", Secret, Unknown, None]
Properties: TypeAlias = dict[str, Value]


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Give the properties that a `Struct` carries, secrets and unknown values recognised."""
    return {key: from_proto(value) for key, value in struct.fields.items()}


def from_proto(value: struct_pb2.Value) -> Value:
    """Give the property value that a protobuf `Value` carries."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [from_proto(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _from_object(from_struct(value.struct_value))
    return None


def _from_object(fields: Properties) -> Value:
    signature = fields.get(SIGNATURE)
    if signature == SECRET_SIGNATURE:
        return Secret(fields.get("value"))
    if signature == OUTPUT_SIGNATURE:
        inner = fields.get("value", UNKNOWN)
        return Secret(inner) if fields.get("secret") is True else inner
    return fields


def to_struct(properties: Properties, *, reveal: bool) -> struct_pb2.Struct:
    """Give properties as a `Struct`; `reveal` sends secrets as plain values, for a provider, else as secrets."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value, reveal=reveal)
    return struct


def _fill(target: struct_pb2.Value, value: Value, *, reveal: bool) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Unknown):
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, Secret):
        if reveal:
            _fill(target, value.value, reveal=True)
        else:
            target.struct_value.fields[SIGNATURE].string_value = SECRET_SIGNATURE
            _fill(target.struct_value.fields["value"], value.value, reveal=False)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _fill(target.list_value.values.add(), item, reveal=reveal)
    else:
        target.struct_value.SetInParent()
        for key, item in value.items():
            _fill(target.struct_value.fields[key], item, reveal=reveal)


def to_state(value: Value, encrypt: Callable[[str], str] | None) -> Any:
    """Give a value as it stands in a state file; `encrypt` turns a secret's JSON text into its ciphertext.

    Without `encrypt` the ciphertext is `[secret]`, for display.
    """
    if isinstance(value, Secret):
        if encrypt is None:
            return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": "[secret]"}
        ciphertext = value.ciphertext
        if ciphertext is None:
            ciphertext = encrypt(compact_json(plain(value.value)))
            object.__setattr__(value, "ciphertext", ciphertext)  # the same secret keeps the same text
        return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": ciphertext}
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, list):
        return [to_state(item, encrypt) for item in value]
    if isinstance(value, dict):
        return {key: to_state(item, encrypt) for key, item in sorted(value.items())}
    return value


def from_state(data: object, decrypt: Callable[[str], str]) -> Value:
    """Give the value that JSON data of a state file means; `decrypt` undoes what `to_state` encrypted."""
    if isinstance(data, list):
        return [from_state(item, decrypt) for item in cast("list[object]", data)]
    if isinstance(data, dict):
        fields = cast("dict[str, object]", data)
        if fields.get(SIGNATURE) == SECRET_SIGNATURE:
            if "plaintext" in fields:
                return Secret(from_json(json.loads(str(fields["plaintext"]))))
            ciphertext = str(fields["ciphertext"])
            return Secret(from_json(json.loads(decrypt(ciphertext))), ciphertext)
        return {key: from_state(item, decrypt) for key, item in fields.items()}
    return from_json(data)


def from_json(data: object) -> Value:
    """Give JSON data (as `json.loads` returns it) as a property value."""
    if data is None or isinstance(data, (bool, int, float, str)):
        return UNKNOWN if isinstance(data, str) and data in _UNKNOWN_TEXTS else data
    if isinstance(data, list):
        return [from_json(item) for item in cast("list[object]", data)]
    if isinstance(data, dict):
        return {str(key): from_json(item) for key, item in cast("dict[object, object]", data).items()}
    raise TypeError(f"not JSON data: {type(data).__name__}")


def plain(value: Value) -> Any:
    """Give a value as JSON data with its secrets in clear; for encryption and `--show-secrets` only."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def masked(value: Value) -> Any:
    """Give a value as JSON data in which each secret reads `[secret]`."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in sorted(value.items())}
    return value


def contains_secret(value: Value) -> bool:
    """Tell whether a secret stands anywhere in the value."""
    return _contains(value, Secret)


def contains_unknown(value: Value) -> bool:
    """Tell whether an unknown value stands anywhere in the value."""
    return _contains(value, Unknown)


def _contains(value: Value, kind: type[Secret] | type[Unknown]) -> bool:
    if isinstance(value, kind):
        return True
    if isinstance(value, Secret):
        return _contains(value.value, kind)
    if isinstance(value, list):
        return any(_contains(item, kind) for item in value)
    if isinstance(value, dict):
        return any(_contains(item, kind) for item in value.values())
    return False


def mark_secrets(values: Properties, model: Mapping[str, Value]) -> Properties:
    """Give `values` (what a provider returned) with those made secret whose namesake in `model` has a secret.

    A provider works on plain values and returns plain values; what went in as a secret must come out as one.
    """
    result = dict(values)
    for key, reference in model.items():
        if key not in result:
            continue
        value = result[key]
        if isinstance(value, dict) and isinstance(reference, dict):
            result[key] = mark_secrets(value, reference)
        elif not isinstance(value, Secret) and contains_secret(reference):
            result[key] = Secret(value)
    return result


def compact_json(data: object) -> str:
    """Give JSON text without white space, keys in the order given."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def forget_ciphertexts(value: Value) -> None:
    """Have every secret within the value encrypted anew when it is stored next."""
    if isinstance(value, Secret):
        object.__setattr__(value, "ciphertext", None)
        forget_ciphertexts(value.value)
    elif isinstance(value, list):
        for item in value:
            forget_ciphertexts(item)
    elif isinstance(value, dict):
        for item in value.values():
            forget_ciphertexts(item)
