"""A dynamic provider whose objects are files in the directory `shelf:dir`, for trying out engines.

Its calls are listed in `calls.log`. `faults.json` can make it fail or wait: `{"fail": ["create a"], "wait":
["create b"]}`; a waiting operation goes on once a file `go` exists.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

KEYS = ("slot", "label", "tags", "secret", "note")


class Shelf:
    root = Path()


def begin(operation: str, slot: str) -> None:
    with (Shelf.root / "calls.log").open("a") as log:
        log.write(f"{operation} {slot}\n")
    faults = Shelf.root / "faults.json"
    if faults.exists():
        told = json.loads(faults.read_text())
        if f"{operation} {slot}" in told.get("wait", []):
            while not (Shelf.root / "go").exists():
                time.sleep(0.02)
        if f"{operation} {slot}" in told.get("crash", []):
            os._exit(3)
        if f"{operation} {slot}" in told.get("fail", []):
            raise RuntimeError(f"cannot {operation} {slot}") from None


class ItemProvider(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        sys.tracebacklimit = 0
        Shelf.root = Path(req.config.require("shelf:dir"))
        key = req.config.get("shelf:key")
        if key is not None:
            (Shelf.root / "key.txt").write_text(key)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        failures: list[CheckFailure] = []
        if news.get("label") == "bad":
            failures.append(CheckFailure("label", "is bad"))
        if news.get("slot") == "worse":
            failures.append(CheckFailure("", "the slot is worse"))
        return CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in KEYS if olds.get(key) != news.get(key)]
        return DiffResult(
            changes=bool(changed),
            replaces=["slot"] if "slot" in changed else [],
            delete_before_replace=news.get("note") == "delete first",
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        begin("create", props["slot"])
        path = Shelf.root / f"id-{props['slot']}.json"
        if path.exists():
            raise RuntimeError(f"{props['slot']} is taken") from None
        return CreateResult(path.stem, write(path, props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        begin("read", id_)
        path = Shelf.root / f"{id_}.json"
        if not path.exists():
            return ReadResult("", {})
        body = json.loads(path.read_text())
        return ReadResult(id_, {**body, "size": len(body["slot"])}, body)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        begin("update", _id)
        return UpdateResult(write(Shelf.root / f"{_id}.json", news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        begin("delete", _id)
        (Shelf.root / f"{_id}.json").unlink(missing_ok=True)


def write(path: Path, props: dict[str, Any]) -> dict[str, Any]:
    body = {key: props.get(key) for key in KEYS}
    path.write_text(json.dumps(body))
    return {**body, "size": len(props["slot"])}


class Item(Resource, module="shelf", name="Item"):
    slot: pulumi.Output[str]
    label: pulumi.Output[str]
    size: pulumi.Output[int]
    secret: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        props = {**dict.fromkeys(KEYS), "slot": name, **props, "size": None}
        super().__init__(ItemProvider(), name, props, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("shelf:index:Group", name, {}, opts)
