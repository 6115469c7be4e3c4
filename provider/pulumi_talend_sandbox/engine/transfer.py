"""A stack's state as a document that travels: `stack export` and `stack import`, here and in the Pulumi CLI."""

from __future__ import annotations

import json
from typing import Any, cast

from .errors import EngineError
from .secrets import Crypter
from .snapshot import Snapshot, manifest
from .stacks import Stack
from .state import Deployment, salt_of
from .urn import Urn
from .values import SECRET_SIGNATURE, SIGNATURE, compact_json


def export_document(stack: Stack, *, show_secrets: bool) -> str:
    """Give a stack's state as a version-3 document; with `show_secrets` its secrets are in clear."""
    data = stack.backend.load(stack.reference) or {"manifest": manifest()}
    if show_secrets:
        salt = salt_of(data)
        data = cast("dict[str, Any]", _opened(data, None if salt is None else stack.crypter_for(salt)))
    return json.dumps({"version": 3, "deployment": data}, indent=4, ensure_ascii=False) + "\n"


def _opened(data: object, crypter: Crypter | None) -> object:
    if isinstance(data, list):
        return [_opened(item, crypter) for item in cast("list[object]", data)]
    if isinstance(data, dict):
        fields = cast("dict[str, object]", data)
        if crypter is not None and fields.get(SIGNATURE) == SECRET_SIGNATURE and "ciphertext" in fields:
            return {SIGNATURE: SECRET_SIGNATURE, "plaintext": crypter.decrypt(str(fields["ciphertext"]))}
        return {key: _opened(item, crypter) for key, item in fields.items()}
    return data


def import_document(stack: Stack, text: str) -> None:
    """Replace a stack's state by a document; its secrets are encrypted anew under this stack's passphrase.

    Raises `EngineError` for a document of another kind, of another stack, or one that does not hang together.
    """
    try:
        document: object = json.loads(text)
    except ValueError as error:
        raise EngineError(f"the document is not JSON: {error}") from None
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if fields.get("version") != 3 or not isinstance(fields.get("deployment"), dict):
        raise EngineError("the document is no version-3 deployment: write it with `stack export`")
    data = cast("dict[str, Any]", fields["deployment"])
    salt = salt_of(data)
    deployment = Deployment.from_json(data, lambda cipher: stack.crypter_for(salt).decrypt(cipher))
    _refuse_broken(stack, deployment)
    if salt is not None and stack.config.salt is None:
        stack.config.salt = salt
        stack.config.save()
    stack.ensure_exists()
    with stack.backend.lock(stack.reference):
        # Ciphertexts stay when the stack has the same salt; `load` sees to it that they are made anew otherwise.
        if salt is not None and stack.config.salt != salt:
            deployment = Deployment.from_json(_without_ciphertexts(data, stack.crypter_for(salt)), _refuse_ciphertext)
        snapshot = Snapshot(
            deployment, crypter=stack.crypter, save=lambda body: stack.backend.save(stack.reference, body)
        )
        snapshot.flush()


def _without_ciphertexts(data: dict[str, Any], crypter: Crypter) -> dict[str, Any]:
    opened = cast("dict[str, Any]", _opened(data, crypter))
    return {key: value for key, value in opened.items() if key != "secrets_providers"}


def _refuse_ciphertext(text: str) -> str:
    raise AssertionError(f"all secrets have been decrypted: {compact_json(len(text))}")


def _refuse_broken(stack: Stack, deployment: Deployment) -> None:
    """Refuse a document whose resources belong elsewhere, or refer to resources that it does not hold before."""
    problems: list[str] = []
    seen: set[str] = set()
    for state in deployment.resources:
        urn = Urn.parse(state.urn)
        if (urn.stack, urn.project) != (stack.name, stack.project.name):
            problems.append(f"{state.urn} belongs to stack {urn.project}/{urn.stack}")
        problems.extend(
            f"{state.urn} refers to {missing}, which does not come before it"
            for missing in sorted(state.all_dependencies() - seen)
        )
        seen.add(state.urn)
    if problems:
        raise EngineError("the document cannot be imported:\n" + "\n".join(f"  * {each}" for each in problems[:10]))
