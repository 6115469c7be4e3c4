"""What a preview's document says, and what is refused rather than read wrongly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_talend.errors import TalendError
from pulumi_talend.review.decision import Decision
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.errors import DocumentError, PreviewFailedError
from pulumi_talend.review.render.jsonout import as_data
from pulumi_talend.review.summary import summary
from review.documents import UNKNOWN, document, grant_state, mapping_state, review_of, step, urn


def one(review_steps: list[dict[str, Any]]) -> tuple[Any, Any]:
    (change,) = review_of(*review_steps).changes
    return change.before, change.after


def test_created_changed_and_removed() -> None:
    view, more = grant_state("anna", "prod/Sales", ["VIEW"]), grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])
    assert one([step("create", "a", None, view)]) == (frozenset(), {"VIEW"})
    assert one([step("update", "a", view, more)]) == ({"VIEW"}, {"VIEW", "MANAGE"})
    assert one([step("delete", "a", more, None)]) == ({"VIEW", "MANAGE"}, frozenset())


@pytest.mark.parametrize("first", [False, True])
def test_a_replacement_with_another_target_is_a_loss_and_a_gain(first: bool) -> None:
    old, new = grant_state("anna", "prod/Sales", ["VIEW"]), grant_state("anna", "dev/Sales", ["VIEW"])
    review = review_of(step("replace", "a", {**old, "pendingReplacement" if first else "delete": True}, new))
    gained, lost = review.grants
    assert (gained.where.label, lost.where.label) == ("dev/Sales", "prod/Sales")
    assert gained.gained == lost.lost == {"VIEW"}


def test_the_same_access_replaced_is_a_moment_without_it() -> None:
    same = grant_state("anna", "prod/Sales", ["VIEW"])
    (change,) = review_of(step("replace", "a", {**same, "pendingReplacement": True}, same)).grants
    assert change.has_gap
    assert change.before == change.after == {"VIEW"}


def test_what_takes_over_from_another_resource_keeps_the_access() -> None:
    held, taken = (
        grant_state("anna", "prod/Sales", ["VIEW"]),
        grant_state("anna", "prod/Sales", ["VIEW"], adopt_existing=True),
    )
    review = review_of(step("create", "new", None, taken), step("delete", "old", held, None))
    assert review.changes == ()
    assert {cause.name for cause in review.settled} == {"new", "old"}


def test_what_moves_to_another_resource_without_taking_over_was_not_there() -> None:
    """A check refuses to create what exists: where it did not, the access had been removed outside of the stack."""
    held = grant_state("anna", "prod/Sales", ["VIEW"])
    (change,) = review_of(step("create", "new", None, held), step("delete", "old", held, None)).grants
    assert (change.before, change.after) == (frozenset(), {"VIEW"})


def test_what_another_resource_of_the_program_manages_stays() -> None:
    held = grant_state("anna", "prod/Sales", ["VIEW"])
    review = review_of(step("same", "kept", held, held), step("delete", "old", held, None))
    assert review.empty
    assert [cause.name for cause in review.settled] == ["old"]


def test_several_resources_on_the_same_access_are_not_reviewed_as_one() -> None:
    one, two = grant_state("anna", "prod/Sales", ["VIEW"]), grant_state("anna", "prod/Sales", ["MANAGE"])
    review = review_of(step("create", "one", None, one), step("create", "two", None, two))
    assert {each.targets for each in review.unknown} == {(one["id"],)}


def test_an_end_that_changes_is_a_change() -> None:
    def ends(until: str | None) -> dict[str, Any]:
        return grant_state("anna", "prod/Sales", ["VIEW"], **({"expires_at": until} if until else {}))

    sooner, later = "2027-01-31T18:00:00Z", "9999-12-31T23:59:59Z"
    for old, new, prolonged in (
        (sooner, later, True),
        (sooner, None, True),
        (later, sooner, False),
        (None, sooner, False),
    ):
        (change,) = review_of(step("update", "a", ends(old), ends(new))).grants
        assert (change.before, change.after) == ({"VIEW"}, {"VIEW"})
        assert (change.until_before, change.until) == (old, new)
        assert change.prolongs is prolonged
        assert change.is_end_removed is (new is None)
        assert change.is_shortened is not prolonged


def test_a_take_over_is_a_change_also_where_the_rights_stay() -> None:
    wanted = grant_state("anna", "prod/Sales", ["VIEW"], adopt_existing=True)
    (change,) = review_of(step("create", "a", None, wanted)).grants
    assert change.before is None  # without the tenant nobody knows


@pytest.mark.parametrize("provider", ["gASVother", None, "[secret]", {"4dabf18193072939515e22adb298388d": "x"}])
@pytest.mark.parametrize("op", ["create", "update", "same", "delete"])
def test_another_provider_behind_our_types_is_foreign_code(provider: Any, op: str) -> None:
    state = grant_state("anna", "prod/Sales", ["VIEW"], __provider=provider)
    review = review_of(step(op, "a", None if op == "create" else state, None if op == "delete" else state))
    assert [each.cause.name for each in review.foreign] == ["a"]
    assert "foreign-code" in {alert.kind for alert in review.alerts}
    assert not review.empty


@pytest.mark.parametrize(
    "kind", ["pulumi-python:dynamic:Resource", "pulumi-python:dynamic/team:Thing", "pulumi-python:dynamic/talend:Thing"]
)
def test_every_other_dynamic_resource_is_foreign_code(kind: str) -> None:
    entry: dict[str, Any] = {"op": "create", "urn": f"urn:pulumi:prod::access::{kind}::x", "newState": {"inputs": {}}}
    review = review_of(entry)
    assert [each.type for each in review.foreign] == [kind]


def test_a_type_that_differs_from_its_urn_hides_nothing() -> None:
    entry = step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"]))
    entry["urn"] = urn("a", "WorkspacePermission$cloud:index:Thing")
    entry["newState"]["type"] = "pulumi-python:dynamic/talend:WorkspacePermission"
    review = review_of(entry)
    assert review.grants
    assert review.foreign


@pytest.mark.parametrize(
    "value", [UNKNOWN, "[secret]", ["VIEW", UNKNOWN], {"4dabf18193072939515e22adb298388d": "x"}, 7, None]
)
def test_a_value_that_is_not_shown_is_reported(value: Any) -> None:
    review = review_of(step("create", "a", None, grant_state("anna", "prod/Sales", value)))
    (alert,) = review.alerts
    assert alert.kind == "unknown-effect"
    assert "permissions" in alert.items[0]
    assert "What 1 resource will change is not known before the update." in summary(review)


@pytest.mark.parametrize(
    ("op", "kind"), [("create", "Unheard"), ("mangle", "WorkspacePermission"), ("import-replacement", "RoleMapping")]
)
def test_what_is_not_understood_is_in_the_review(op: str, kind: str) -> None:
    review = review_of(step(op, "a", None, grant_state("anna", "prod/Sales", ["VIEW"]), kind))
    assert [one.cause.urn for one in review.unknown] == [urn("a", kind)]
    assert not review.empty


@pytest.mark.parametrize("op", ["same", "refresh", "read", "import", "discard", "remove-pending-replace"])
def test_what_writes_nothing_changes_nothing(op: str) -> None:
    state = grant_state("anna", "prod/Sales", ["VIEW"])
    assert review_of(step(op, "a", state, state)).empty


def test_what_is_left_in_the_tenant_is_no_loss() -> None:
    held = grant_state("anna", "prod/Sales", ["VIEW"])
    other = {"op": "delete", "urn": "urn:pulumi:prod::access::cloud:index:Thing::thing", "oldState": {"id": "x"}}
    kept = review_of(step("delete", "a", {**held, "retainOnDelete": True}, None))
    gone_with = review_of(step("delete", "a", {**held, "deletedWith": other["urn"]}, None), other)
    for review in (kept, gone_with):
        assert review.empty
        assert [cause.name for cause in review.left] == ["a"]
    assert review_of(step("delete", "a", {**held, "deletedWith": other["urn"]}, None)).grants
    assert gone_with.others == 1


def test_a_new_name_for_the_same_access_changes_nothing() -> None:
    old, new = (
        grant_state("a", "prod/Sales", ["VIEW"], login="x@y"),
        grant_state("a", "prod/Sales", ["VIEW"], login="z@y"),
    )
    review = review_of(step("update", "a", old, new))
    assert review.empty
    assert len(review.settled) == 1


def test_counts() -> None:
    review = review_of(
        step("create", "a", None, mapping_state("r", ["Operator"]), "RoleMapping"),
        step("update", "b", grant_state("a", "p/S", ["VIEW"]), grant_state("a", "p/S", ["MANAGE"])),
        step("delete", "c", grant_state("b", "p/S", ["VIEW"]), None),
        step("create", "d", None, grant_state("c", "p/S", UNKNOWN)),
    )
    summary = as_data(review, Decision())["summary"]
    assert [summary[name] for name in ("gains", "losses", "ended", "unknown")] == [2, 2, 1, 1]


def test_a_failed_preview_is_not_reviewed() -> None:
    failed = document(diagnostics=[{"severity": "error", "message": "error: resource 'a': no user\n 'x'\x1b[1m"}])
    with pytest.raises(PreviewFailedError, match=r"no user 'x'⟨U\+001B⟩\[1m"):
        read_preview(failed)
    noise = {"severity": "error", "message": "error: Resource monitor has terminated, shutting down\n"}
    cause = {"severity": "error", "message": "error: no user 'x'", "urn": urn("a")}
    with pytest.raises(PreviewFailedError, match=r"nothing to review: no user 'x'\.$"):
        read_preview(document(diagnostics=[cause, noise]))
    with pytest.raises(PreviewFailedError, match="terminated"):
        read_preview(document(diagnostics=[noise]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing to read"),
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("{}", "no changeSummary"),
        ('{"resourcePlans": {}}', "--from-plan"),
        ('{"deployment": {}}', "exported state"),
        ('{"sequence":0,"timestamp":1}\n{"sequence":1}', "engine events"),
        (json.dumps({"steps": [{"op": "create"}], "changeSummary": {}}), "no op or no urn"),
        (json.dumps({"steps": [{"op": "create", "urn": "x"}], "changeSummary": {}}), "not the URN"),
        (json.dumps({"steps": [], "changeSummary": {"delete": 2}}), "not whole"),
        (json.dumps({"steps": [{"op": "same", "urn": urn("a")}, {"op": "same", "urn": urn("a").replace("prod", "dev")}],
                     "changeSummary": {}}), "several stacks"),
    ],
)  # fmt: skip
def test_what_is_no_whole_preview_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as refused:
        read_preview(text)
    assert len(str(refused.value)) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([UNKNOWN, "[secret]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(
    st.sampled_from(["permissions", "roles", "grants", "principals", "removes", "mappings", "workspace_id", "user_id"]),
    JSON,
)
STATES = st.none() | JSON | st.fixed_dictionaries({"id": JSON, "inputs": PROPERTIES | JSON})
KINDS = ["WorkspacePermission", "RoleMapping", "WorkspaceAccess", "RoleMappings", "Other"]


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["create", "update", "delete", "replace", "odd"]), st.sampled_from(KINDS), STATES, STATES
        ),
        max_size=4,
    )
)
def test_whatever_stands_in_a_document_it_is_reviewed_or_refused(steps: list[tuple[str, str, Any, Any]]) -> None:
    entries = [
        {"op": op, "urn": urn(str(n), kind), "oldState": old, "newState": new}
        for n, (op, kind, old, new) in enumerate(steps)
    ]
    try:
        review = review_of(*entries)
    except TalendError:
        return
    causes = {cause.urn for change in review.changes for cause in change.causes} | {
        one.cause.urn for one in review.unknown
    }
    causes |= {cause.urn for cause in (*review.settled, *review.left)}
    assert {entry["urn"] for entry in entries} <= causes


def test_a_resource_of_a_provider_of_the_programs_own_is_not_mixed_up_with_the_reviewed_tenant() -> None:
    """The same customer role of two tenants: the loss in one must not hide behind the gain in the other."""
    default, other = (
        {"provider": f"urn:pulumi:prod::access::pulumi:providers:pulumi-python::{name}::1"}
        for name in ("default", "other")
    )
    held, more = mapping_state("crew", ["Operator"]), mapping_state("crew", ["Operator", "Designer"])
    review = review_of(
        step("delete", "a", {**held, **default}, None, "RoleMapping"),
        step("update", "b", {**held, **other}, {**more, **other}, "RoleMapping"),
        step("same", "c", {**held, **other}, {**held, **other}, "RoleMapping"),
    )
    (change,) = review.mappings
    assert (change.before, change.after) == ({"Operator"}, frozenset())
    (unread,) = review.unknown
    assert unread.cause.name == "b"
    assert "the program's provider 'other'" in unread.reason
