"""Resources as a deployment records them: one entry of a version-3 `deployment` document each."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, cast

from .errors import EngineError
from .urn import PROVIDER_PREFIX, is_default_provider, urn_name
from .values import Properties, from_state, masked, to_state

# Keys of an entry that this engine reads or writes; others are carried along untouched in `extra`.
_LISTS = {
    "dependencies": "dependencies",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliases": "aliases",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
}
_FLAGS = {
    "delete": "delete",
    "protect": "protect",
    "external": "external",
    "pendingReplacement": "pending_replacement",
    "retainOnDelete": "retain_on_delete",
}
_TEXTS = {
    "id": "id",
    "parent": "parent",
    "provider": "provider",
    "created": "created",
    "modified": "modified",
    "deletedWith": "deleted_with",
    "importID": "import_id",
}


def _texts() -> list[str]:
    return []


@dataclass
class ResourceState:
    """One resource: what it is, what went in, what came out, and how the engine has to treat it.

    Field names follow the entries of Pulumi's deployment documents. Treat a state as read-only once it is in
    a snapshot: changes are made on a copy (`evolve`).
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    outputs: Properties = field(default_factory=dict[str, Any])
    parent: str = ""
    provider: str = ""
    protect: bool = False
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    retain_on_delete: bool = False
    dependencies: list[str] = field(default_factory=_texts)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    additional_secret_outputs: list[str] = field(default_factory=_texts)
    aliases: list[str] = field(default_factory=_texts)
    ignore_changes: list[str] = field(default_factory=_texts)
    replace_on_changes: list[str] = field(default_factory=_texts)
    deleted_with: str = ""
    import_id: str = ""
    created: str = ""
    modified: str = ""
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """The resource's name, the last part of its URN."""
        return urn_name(self.urn)

    @property
    def is_provider(self) -> bool:
        """Whether this is a provider rather than a resource that one manages."""
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def hidden(self) -> bool:
        """Whether displays leave it out: providers the program did not ask for."""
        return self.is_provider and is_default_provider(self.urn)

    def evolve(self, **changes: Any) -> ResourceState:
        """Give a copy with other values in the fields named."""
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def with_renamed(self, names: dict[str, str]) -> ResourceState:
        """Give the state with its references to other resources as `names` renames them; itself if none changes."""
        if not names.keys() & self.all_dependencies():
            return self
        return self.evolve(
            parent=names.get(self.parent, self.parent),
            deleted_with=names.get(self.deleted_with, self.deleted_with),
            dependencies=[names.get(urn, urn) for urn in self.dependencies],
            property_dependencies={
                key: [names.get(urn, urn) for urn in urns] for key, urns in self.property_dependencies.items()
            },
        )

    def all_dependencies(self) -> set[str]:
        """The URNs that must exist before this resource: parent, provider, and what its inputs came from."""
        urns = set(self.dependencies)
        for each in self.property_dependencies.values():
            urns.update(each)
        if self.parent:
            urns.add(self.parent)
        if self.provider:
            urns.add(provider_urn(self.provider))
        if self.deleted_with:
            urns.add(self.deleted_with)
        return urns

    def to_json(self, encode: Callable[[Properties], dict[str, Any]]) -> dict[str, Any]:
        """Give the entry as JSON data; `encode` treats the property maps (encrypts or masks their secrets)."""
        data: dict[str, Any] = {"urn": self.urn, "custom": self.custom, "type": self.type}
        for key, name in (*_TEXTS.items(), *_FLAGS.items(), *_LISTS.items()):
            value = getattr(self, name)
            if value:
                data[key] = value
        if self.inputs:
            data["inputs"] = encode(self.inputs)
        if self.outputs:
            data["outputs"] = encode(self.outputs)
        if self.property_dependencies:
            data["propertyDependencies"] = dict(sorted(self.property_dependencies.items()))
        return {**data, **self.extra}

    @classmethod
    def from_json(cls, data: dict[str, Any], decrypt: Callable[[str], str]) -> ResourceState:
        """Read an entry; raises `EngineError` when it has no URN or type."""
        rest = dict(data)
        try:
            state = cls(urn=str(rest.pop("urn")), type=str(rest.pop("type")), custom=bool(rest.pop("custom", False)))
        except KeyError as error:
            raise EngineError(f"the state holds a resource without {error}: restore it from a backup") from None
        for key, name in (*_TEXTS.items(), *_FLAGS.items(), *_LISTS.items()):
            if rest.get(key) is not None:
                setattr(state, name, rest.pop(key))
        for key in ("inputs", "outputs"):
            setattr(state, key, cast("Properties", from_state(rest.pop(key, None) or {}, decrypt)))
        recorded = cast("dict[str, list[str] | None]", rest.pop("propertyDependencies", None) or {})
        state.property_dependencies = {key: list(urns or []) for key, urns in recorded.items()}
        state.extra = rest
        return state

    def display_json(self) -> dict[str, Any]:
        """Give the entry as JSON data for people and programs to read: each secret as `[secret]`."""
        return self.to_json(lambda properties: cast("dict[str, Any]", masked(properties)))


@dataclass
class PendingOperation:
    """An operation that had begun and not ended when the state was written."""

    resource: ResourceState
    type: str


@dataclass
class Deployment:
    """A whole `deployment` document, decrypted."""

    resources: list[ResourceState] = field(default_factory=list["ResourceState"])
    pending: list[PendingOperation] = field(default_factory=list["PendingOperation"])
    salt: str | None = None
    manifest: dict[str, Any] = field(default_factory=dict[str, Any])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def from_json(cls, data: dict[str, Any] | None, decrypt: Callable[[str], str]) -> Deployment:
        """Read a document; None is a stack that holds nothing yet."""
        if data is None:
            return cls()
        entries = cast("list[dict[str, Any]]", data.get("resources") or [])
        pending = cast("list[dict[str, Any]]", data.get("pending_operations") or [])
        return cls(
            resources=[ResourceState.from_json(entry, decrypt) for entry in entries],
            pending=[
                PendingOperation(ResourceState.from_json(entry["resource"], decrypt), str(entry["type"]))
                for entry in pending
            ],
            salt=salt_of(data),
            manifest=data.get("manifest") or {},
            metadata=data.get("metadata") or {},
        )

    def by_urn(self) -> dict[str, ResourceState]:
        """The live resources (not the ones waiting for deletion) by URN."""
        return {state.urn: state for state in self.resources if not state.delete}


def salt_of(data: dict[str, Any]) -> str | None:
    """Give the salt of a document's passphrase secrets; None when it names no secrets provider.

    Raises `EngineError` when the secrets are under another provider than a passphrase.
    """
    provider = cast("dict[str, Any]", data.get("secrets_providers") or {})
    kind = provider.get("type")
    if not kind:
        return None
    if kind != "passphrase":
        raise EngineError(f"the stack's secrets are under {kind!r}, not under a passphrase: use the Pulumi CLI")
    return str(provider["state"]["salt"])


def encode_resource(state: ResourceState, encrypt: Callable[[str], str]) -> str:
    """Give one entry as JSON text, its secrets encrypted."""

    def encode(properties: Properties) -> dict[str, Any]:
        return to_state(properties, encrypt)

    return json.dumps(state.to_json(encode), separators=(",", ":"), ensure_ascii=False)


def provider_urn(reference: str) -> str:
    """Give the URN of a provider reference (`<urn>::<id>`)."""
    return reference.rpartition("::")[0]


def now_text() -> str:
    """Give the time now as deployment documents write it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
