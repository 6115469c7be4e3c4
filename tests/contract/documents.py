"""The vendor's OpenAPI documents, where a checkout has them beside it: never copied into the project.

`SPECS=DIR` names the directory; by default it is `../shared/vendor` beside the checkout.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from jsonschema import Draft4Validator

from pulumi_talend.api.operations import ALL_OPERATIONS, Operation

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted({operation.document for operation in ALL_OPERATIONS})
Json = dict[str, Any]


def specs() -> Path:
    """The directory of the documents. Skips the module that asks where it is not there and nobody named another."""
    named = os.environ.get("SPECS")
    directory = Path(named) if named else ROOT.parent / "shared" / "vendor"
    missing = [name for name in NAMES if not (directory / f"{name}.json").is_file()]
    if not missing:
        return directory
    if named:
        pytest.fail(f"SPECS={named} has no {missing[0]}.json", pytrace=False)
    pytest.skip(
        "the vendor's OpenAPI documents are not beside this checkout (../shared/vendor); name them with SPECS=DIR",
        allow_module_level=True,
    )


@cache
def document(name: str) -> Json:
    """One document, whole."""
    return json.loads((specs() / f"{name}.json").read_text())


@dataclass(frozen=True)
class Documented:
    """What a document says about one operation, its references followed."""

    operation: Operation
    raw: Json
    parameters: tuple[Json, ...]

    @classmethod
    def of(cls, operation: Operation) -> Documented:
        """The operation as its document has it. Fails where the document has no such path or method."""
        paths = document(operation.document)["paths"]
        assert operation.path in paths, f"{operation.document} has no path {operation.path}"
        item = paths[operation.path]
        assert operation.method.lower() in item, f"{operation.document}: no {operation.method} {operation.path}"
        raw = item[operation.method.lower()]
        listed = [*item.get("parameters", []), *raw.get("parameters", [])]
        return cls(operation, raw, tuple(resolved(operation.document, each) for each in listed))

    @property
    def statuses(self) -> frozenset[int]:
        """The documented statuses."""
        return frozenset(int(status) for status in self.raw["responses"])

    def query(self) -> dict[str, bool]:
        """The documented query parameters, and whether each is an array."""
        return {each["name"]: each["schema"]["type"] == "array" for each in self.parameters if each["in"] == "query"}

    def response(self, status: int) -> Json:
        """The documented response of a status."""
        return resolved(self.operation.document, self.raw["responses"][str(status)])

    def schema_of(self, content: Json) -> Json | None:
        """The JSON schema in the `content` of a body; None where it has none."""
        found = content.get("application/json", {}).get("schema")
        return None if found is None else inlined(self.operation.document, found)


def resolved(name: str, value: Json) -> Json:
    """A value, or what its `$ref` points to."""
    while "$ref" in value:
        found: Any = document(name)
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def inlined(name: str, schema: Any) -> Any:
    """A schema with all its references replaced by what they point to."""
    if isinstance(schema, list):
        return [inlined(name, each) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    return {key: inlined(name, value) for key, value in resolved(name, schema).items()}  # pyright: ignore


def problems_of(schema: Json, value: Any) -> list[str]:
    """How a value breaks a schema; none where it keeps it."""
    validator: Any = Draft4Validator(schema)
    return [f"{'.'.join(map(str, e.absolute_path)) or 'body'}: {e.message}" for e in validator.iter_errors(value)]


def operation_of(method: str, raw_path: str) -> Operation | None:
    """The operation that a request is for, by its path as it was sent."""
    for operation in ALL_OPERATIONS:
        pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path)
        if operation.method == method and re.fullmatch(pattern, raw_path):
            return operation
    return None


def request_problems(method: str, target: str, headers: dict[str, str], body: bytes) -> list[str]:
    """How a request breaks the documents; none where it keeps them. `target`: path and query as they were sent."""
    raw_path, _, query = target.partition("?")
    operation = operation_of(method, raw_path)
    if operation is None:
        return [f"no document has {method} {raw_path}"]
    found: list[str] = []
    documented = Documented.of(operation)
    if any(unquote(part) in ("", ".", "..") for part in raw_path.split("/")[1:]):
        found.append(f"a path with a segment that is empty or dots: {raw_path}")
    pairs = parse_qsl(query, keep_blank_values=True)
    allowed = documented.query()
    for key, value in pairs:
        if key not in allowed:
            found.append(f"no query parameter {key!r} is documented")
        elif not allowed[key] and sum(each == key for each, _ in pairs) > 1:
            found.append(f"{key!r} is not an array, but comes more than once")
        elif allowed[key] and (not value or "," in value):
            found.append(f"an array is sent as repeated keys, each with one id: {key}={value}")
        elif next(p for p in documented.parameters if p["name"] == key)["schema"]["type"] == "integer":
            found += [] if re.fullmatch("[1-9][0-9]*", value) else [f"{key}={value} is not a number from 1"]
    scheme = headers.get("authorization", "").partition(" ")[0]
    if scheme != ("Basic" if operation.basic else "Bearer"):
        found.append(f"authorized by {scheme or 'nothing'}")
    return found + _body_problems(documented, headers, body)


def _body_problems(documented: Documented, headers: dict[str, str], body: bytes) -> list[str]:
    schema = body_schema(documented)
    if schema is None:
        return ["a body, and none is documented"] if body else []
    if not headers.get("content-type", "").startswith("application/json"):
        return [f"a body of type {headers.get('content-type')}"]
    return problems_of(schema, json.loads(body))


def body_schema(documented: Documented) -> Json | None:
    """The schema of the request's body; None where there is no body."""
    if documented.operation.name == "replace_role_mappings":
        # The document describes the body in words only: all role mappings.
        return {"type": "array", "items": inlined("sso-role-mapping", {"$ref": "#/components/schemas/RoleMapping"})}
    content = documented.raw.get("requestBody", {}).get("content", {})
    return documented.schema_of(content)


def sample(schema: Json) -> Any:
    """A value that keeps a schema: its example, or the first of its enumeration, or the plainest of its type."""
    kind = schema.get("type", "object")
    if "enum" in schema:
        return schema["enum"][0]
    if "example" in schema and not (kind in ("object", "array") and isinstance(schema["example"], str)):
        return schema["example"]
    if kind == "array":
        return [sample(schema["items"])]
    if kind == "object":
        return {name: sample(each) for name, each in schema.get("properties", {}).items()}
    plain: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True}
    return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else plain[kind]
