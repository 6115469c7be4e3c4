"""The parts that can be tried without a run: secrets, URNs, values, differences, rendering."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import engine_pb2

from pulumi_talend_sandbox.engine.context import RunContext, RunOptions
from pulumi_talend_sandbox.engine.differences import changed_keys, keep_ignored, path_segments, same_value
from pulumi_talend_sandbox.engine.engine_service import EngineService
from pulumi_talend_sandbox.engine.errors import EngineError
from pulumi_talend_sandbox.engine.jsonout import JsonPreview
from pulumi_talend_sandbox.engine.project import Project
from pulumi_talend_sandbox.engine.rendering import block, output_lines, property_changes, summary_lines
from pulumi_talend_sandbox.engine.secrets import Crypter
from pulumi_talend_sandbox.engine.snapshot import Snapshot
from pulumi_talend_sandbox.engine.state import Deployment
from pulumi_talend_sandbox.engine.urn import Urn, make_urn, urn_name, urn_type
from pulumi_talend_sandbox.engine.values import (
    UNKNOWN,
    Properties,
    Secret,
    Value,
    contains_secret,
    from_state,
    from_struct,
    mark_secrets,
    masked,
    plain,
    to_state,
    to_struct,
)

# Written by the Pulumi CLI v3.260 under the passphrase "x".
PULUMI_SALT = "v1:m/87V1ARkqM=:v1:NwnJWwWAn+qZIxVG:X1WUftsZ6cre2D64muxmWgFlfGdMTQ=="
PULUMI_CIPHERTEXT = "v1:MyVN8d+nlFPwbb0q:dB6A1qbEXb1b6CjQJoRqHLa6vn9nVA=="

GONE = "Resource monitor has terminated, shutting down"


def no_crypter() -> NoReturn:
    raise AssertionError("no secrets here")


numbers = st.integers(-(2**50), 2**50) | st.floats(allow_nan=False, allow_infinity=False)
scalars: st.SearchStrategy[Any] = st.none() | st.booleans() | numbers | st.text(max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | scalars.map(Secret),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
properties: st.SearchStrategy[Any] = st.dictionaries(st.text(min_size=1, max_size=4), values, max_size=4)
names = st.text(st.characters(exclude_characters=":$"), min_size=1, max_size=8)


def test_secrets_are_those_of_the_pulumi_cli() -> None:
    crypter = Crypter("x", PULUMI_SALT)
    assert crypter.decrypt(PULUMI_CIPHERTEXT) == "s3cret"
    with pytest.raises(EngineError, match="incorrect passphrase"):
        Crypter("y", PULUMI_SALT)


@settings(deadline=None, max_examples=40)
@given(text=st.text(max_size=50))
def test_a_secret_survives_encryption_and_nothing_else_opens_it(text: str) -> None:
    crypter = Crypter("x", PULUMI_SALT)
    sealed = crypter.encrypt(text)
    assert crypter.decrypt(sealed) == text
    assert crypter.encrypt(text) != sealed, "equal secrets do not look equal"
    head, nonce, body = sealed.split(":")
    for damaged in (f"{head}:{nonce}:{'A' * len(body)}", f"{head}:{nonce}", "", f"{head}:{body}:{nonce}"):
        with pytest.raises(EngineError, match="cannot be decrypted"):
            crypter.decrypt(damaged)


def test_nothing_of_a_secret_shows() -> None:
    secret = Secret({"token": "hunter2"}, "v1:cipher")
    assert repr(secret) == f"{secret}" == "[secret]"
    assert "hunter2" not in repr([secret, {"a": secret}])


@given(stack=names, project=names, types=st.lists(names, min_size=1, max_size=3), name=st.text(min_size=1, max_size=12))
def test_urns_come_apart_as_they_were_put_together(stack: str, project: str, types: list[str], name: str) -> None:
    parent = ""
    urn = ""
    for type_ in types:
        urn = make_urn(stack, project, parent, type_, name)
        parent = urn
    parsed = Urn.parse(urn)
    assert (parsed.stack, parsed.project, parsed.name) == (stack, project, name)
    assert parsed.qualified_type == "$".join(types)
    assert (urn_type(urn), urn_name(urn)) == (types[-1], name)
    assert str(parsed) == urn


def test_the_stack_is_no_part_of_its_childrens_type() -> None:
    stack = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
    assert make_urn("dev", "p", stack, "a:b:C", "x::y") == "urn:pulumi:dev::p::a:b:C::x::y"
    assert urn_name("urn:pulumi:dev::p::a:b:C::x::y") == "x::y"
    for bad in ("", "urn:pulumi:dev", "urn:pulumi:dev::p::t", "xurn:pulumi:dev::p::t::n"):
        with pytest.raises(ValueError, match="is not a URN"):
            Urn.parse(bad)


@given(properties)
def test_values_survive_the_wire_and_the_state_file(values: Properties) -> None:
    assert from_struct(to_struct(values, reveal=False)) == values
    revealed = from_struct(to_struct(values, reveal=True))
    assert not contains_secret(revealed)
    stored = to_state(values, lambda text: text[::-1])
    assert from_state(stored, lambda text: text[::-1]) == values


def test_unknown_values_and_outputs_on_the_wire() -> None:
    struct = to_struct({"a": UNKNOWN, "b": [Secret(UNKNOWN)]}, reveal=False)
    assert from_struct(struct) == {"a": UNKNOWN, "b": [Secret(UNKNOWN)]}
    assert masked({"a": Secret("x"), "b": 1}) == {"a": "[secret]", "b": 1}


@given(values=properties)
def test_what_went_in_secret_comes_out_secret(values: Properties) -> None:
    marked = mark_secrets(plain(values), values)
    assert plain(marked) == plain(values)
    for key, value in values.items():
        assert contains_secret(marked[key]) == contains_secret(value)


@given(a=values, b=values)
def test_equality_looks_through_secrets(a: Value, b: Value) -> None:
    assert same_value(a, a)
    assert same_value(a, plain(a))
    assert same_value(a, b) == same_value(b, a)
    assert not same_value(UNKNOWN, a)


def test_numbers_are_no_booleans() -> None:
    assert not same_value(True, 1)
    assert not same_value([0], [False])
    assert changed_keys({"a": None, "b": 1, "c": "x"}, {"b": 2, "d": True}) == {
        "b": "update",
        "c": "delete",
        "d": "add",
    }


@pytest.mark.parametrize(
    ("path", "segments"),
    [("a", ["a"]), ("a.b[0].c", ["a", "b", "0", "c"]), ('a["b.c"][*]', ["a", "b.c", "*"]), ("", [])],
)
def test_property_paths(path: str, segments: list[str]) -> None:
    assert path_segments(path) == segments


def test_ignored_changes_keep_the_old_value_at_their_path_only() -> None:
    old: Properties = {"a": 1, "o": {"x": 1, "y": 1}, "l": [{"k": 1}, {"k": 1}]}
    new: Properties = {"a": 2, "o": {"x": 2, "y": 2}, "l": [{"k": 2}, {"k": 2}], "n": 1}
    assert keep_ignored(new, old, ["a", "o.x", "l[*].k", "n"]) == {
        "a": 1,
        "o": {"x": 1, "y": 2},
        "l": [{"k": 1}, {"k": 1}],
    }
    assert keep_ignored(new, old, ["*"]) == old
    assert keep_ignored(new, old, ["l[0].k", "missing.deep"])["l"] == [{"k": 1}, {"k": 2}]


@pytest.mark.parametrize(
    "message", [GONE, f"Program failed:\nTraceback ...\nException: invoke of a:b:c failed: {GONE}\n"]
)
def test_the_echo_of_a_refused_call_is_not_reported_again(tmp_path: Path, message: str) -> None:
    """Only what follows from a stop is left out: not before one, and not another error of the program."""
    sink = JsonPreview({}, "")
    context = RunContext(
        Project("p", tmp_path, tmp_path),
        "dev",
        config={},
        snapshot=Snapshot(Deployment(), crypter=no_crypter, save=None),
        sink=sink,
        options=RunOptions(),
        dry_run=True,
    )
    service = EngineService(context)
    grpc_context: Any = None  # Log does not use it

    def log(text: str) -> None:
        service.Log(engine_pb2.LogRequest(severity=engine_pb2.ERROR, message=text), grpc_context)

    log(message)
    context.fail()
    log(message)
    log("ValueError: another matter")
    context.summarize()
    told = [each["message"] for each in json.loads(sink.text)["diagnostics"]]
    assert told == [f"error: {message.rstrip()}\n", "error: ValueError: another matter\n"]


def test_changes_read_old_and_new() -> None:
    old: Properties = {"__provider": "p", "g": {"ann": ["VIEW"], "bob": ["VIEW"]}, "s": Secret("a"), "n": 1}
    new: Properties = {"__provider": "q", "g": {"ann": ["VIEW", "EXECUTE"]}, "s": Secret("b"), "n": UNKNOWN, "m": "x"}
    assert property_changes(old, new) == [
        '~ g.ann: ["VIEW"] => ["VIEW", "EXECUTE"]',
        '- g.bob: ["VIEW"]',
        '+ m: "x"',
        "~ n: 1 => [unknown]",
        "~ s: [secret] => [secret]",
    ]
    assert property_changes(old, old) == []


def test_outputs_and_summary_lines() -> None:
    assert (
        block({"k": [1, "x"], "long": {}}, 4)
        == '{\n        k   : [\n            [0]: 1\n            [1]: "x"\n        ]\n        long: {}\n    }'
    )
    old: Properties = {"a": 1, "gone": "x", "soon": 1}
    new: Properties = {"a": 2, "new": True, "soon": UNKNOWN}
    assert output_lines(old, new, all_keys=False, fresh=False) == [
        "  ~ a   : 1 => 2",
        '  - gone: "x"',
        "  + new : true",
    ]
    assert output_lines({}, {"a": 1}, all_keys=False, fresh=True) == ["    a: 1"]
    assert summary_lines({"create": 2, "update": 1, "same": 3}, 1, dry_run=True) == [
        "    + 2 to create",
        "    ~ 1 to update",
        "    3 changes. 3 unchanged",
        "    1 errored",
    ]
    assert summary_lines({"replace": 1}, 0, dry_run=False) == ["    +-1 replaced"]
