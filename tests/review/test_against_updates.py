"""What a review shows is what the tenant then has: random stacks on random tenants, previewed, reviewed, applied."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, assume, event, given, note, settings
from hypothesis import strategies as st

import support
from hosting import Kind, Lab, Refused
from pulumi_talend.access import TenantAccess
from pulumi_talend.api import TalendClient
from pulumi_talend.api.text import plural
from pulumi_talend.errors import AlreadyExistsError, NotReviewedError
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from pulumi_talend.review.summary import summary
from pulumi_talend_sandbox.tenant import Tenant
from review.rehearsal import Program, Rehearsal, Resource, accepted

Access = dict[str, frozenset[str]]

PERMISSIONS = st.sets(st.sampled_from(["VIEW", "EXECUTE", "AUTHOR", "PUBLISH", "MANAGE"]), min_size=1, max_size=3).map(
    sorted
)
ROLES = st.sets(st.sampled_from(["Operator", "Assets Manager", "Environment Administrator"]), min_size=1).map(sorted)
CUSTOMER_ROLES = ["team-a", "team b/ö", "<b>*c*</b>", "everyone"]
_SLOW_IS_FINE = [
    HealthCheck.too_slow,
    HealthCheck.function_scoped_fixture,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]
NAMES = ["one", "two", "three", "four", "five"]


class World:
    """The few people and places that the random stacks are about, small enough to meet often."""

    def __init__(self, tenant: Tenant) -> None:
        workspaces = [each for each in tenant.workspaces() if each["environment"]["name"] == "dev"][:3]
        self.workspaces = {each["id"]: each["name"] for each in workspaces}
        people = [each for each in tenant.users() if "Engine User" not in {role["name"] for role in each["roles"]}]
        self.people = {each["id"]: each["login"] for each in people[10:14]}
        self.accounts = {each["id"]: each["name"] for each in tenant.service_accounts() if "audit" in each["name"]}

    def grant(self) -> st.SearchStrategy[tuple[str, str, bool]]:
        """A workspace, and a person (True) or a service account."""
        who = [(id_, True) for id_ in self.people] + [(id_, False) for id_ in self.accounts]
        return st.tuples(st.sampled_from(sorted(self.workspaces)), st.sampled_from(who)).map(lambda t: (t[0], *t[1]))

    def resources(self) -> st.SearchStrategy[Resource]:
        return st.one_of(self._permissions(), self._permissions(), self._mappings(), self._sets(), self._all_mappings())

    def _permissions(self) -> st.SearchStrategy[Resource]:
        def resource(
            grant: tuple[str, str, bool], permissions: list[str], by_name: bool, adopt: bool, more: Any
        ) -> Resource:
            workspace, who, is_user = grant
            inputs: dict[str, Any] = {"permissions": permissions, "adopt_existing": adopt}
            if by_name:
                name = self.people.get(who) or self.accounts[who]
                inputs |= {"workspace": self.workspaces[workspace], "environment": "dev"}
                inputs |= {"user" if is_user else "service_account": name}
            else:
                inputs |= {"workspace_id": workspace, "user_id" if is_user else "service_account_id": who}
            return Resource(WorkspacePermissionProvider, inputs, **more)

        return st.builds(resource, self.grant(), PERMISSIONS, st.booleans(), st.booleans(), _options())

    def _mappings(self) -> st.SearchStrategy[Resource]:
        inputs = st.fixed_dictionaries(
            {"role_name": st.sampled_from(CUSTOMER_ROLES), "roles": ROLES, "adopt_existing": st.booleans()}
        )
        return _declared(RoleMappingProvider, inputs)

    def _sets(self) -> st.SearchStrategy[Resource]:
        who = [*self.people.values(), *(f"service-account:{name}" for name in self.accounts.values())]
        inputs = st.fixed_dictionaries(
            {
                "workspace_id": st.sampled_from(sorted(self.workspaces)),
                "grants": st.dictionaries(st.sampled_from(who), PERMISSIONS, min_size=1, max_size=3),
                "exclusive": st.sampled_from([True, True, False, "users"]),
                "adopt_existing": st.booleans(),
                "max_removals": st.just(True),
            }
        )
        return _declared(WorkspaceAccessProvider, inputs)

    def _all_mappings(self) -> st.SearchStrategy[Resource]:
        inputs = st.fixed_dictionaries(
            {
                "mappings": st.dictionaries(st.sampled_from(CUSTOMER_ROLES), ROLES, min_size=1, max_size=3),
                "max_removals": st.just(True),
            }
        )
        return _declared(RoleMappingsProvider, inputs)


def _declared(kind: Kind, inputs: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Resource]:
    def resource(given: dict[str, Any], more: dict[str, bool]) -> Resource:
        return Resource(kind, given, **more)

    return st.builds(resource, inputs, _options())


def _options() -> st.SearchStrategy[dict[str, bool]]:
    rarely = st.sampled_from([False] * 7 + [True])
    return st.fixed_dictionaries({"retained": rarely, "forced": rarely, "deletes_first": rarely})


def access_of(tenant: Tenant) -> Access:
    grants = {f"{w}/{kind}/{who}": frozenset(held) for (w, kind, who), held in tenant.grants().items()}
    return {**grants, **{f"role {name}": frozenset(roles) for name, roles in tenant.role_mappings().items()}}


Told = dict[str, tuple[frozenset[str] | None, frozenset[str]]]


def told(review: Review) -> Told:
    """Before and after by target."""
    grants: Told = {change.target.resource_id: (change.before, change.after) for change in review.grants}
    return {**grants, **{f"role {c.target}": (c.before, c.after) for c in review.mappings}}


def unknown(review: Review) -> set[str]:
    """What may change in ways that the review says are not known."""
    targets = {target for one in review.unknown for target in one.targets}
    return {target if target.count("/") == 2 and "role" not in target else f"role {target}" for target in targets}


def by_hand(data: st.DataObject, world: World, tenant: Tenant, label: str) -> None:
    """Somebody at the console gives and takes."""
    grants = data.draw(
        st.lists(st.tuples(world.grant(), st.none() | PERMISSIONS), max_size=4), label=f"{label}: grants"
    )
    for (workspace, who, is_user), permissions in grants:
        account = {} if is_user else {"service_account_id": who}
        user = who if is_user else None
        standing = tenant.grants().get((workspace, "users" if is_user else "service-accounts", who))
        if permissions is not None:
            tenant.grant(workspace, user, permissions, **account)
        elif standing:
            tenant.revoke(workspace, user, **account)
    mappings = data.draw(
        st.lists(st.tuples(st.sampled_from(CUSTOMER_ROLES), st.none() | ROLES), max_size=2), label=f"{label}: roles"
    )
    for name, roles in mappings:
        if roles is not None:
            tenant.map_role(name, roles)
        elif name in tenant.role_mappings():
            tenant.unmap_role(name)


def programs(world: World) -> st.SearchStrategy[Program]:
    return st.dictionaries(st.sampled_from(NAMES), world.resources(), max_size=5)


def same_names_same_kind(old: Program, new: Program) -> Program:
    """A name that changes its type is another resource: called so, as its URN is."""
    return {
        (name if name not in old or old[name].kind is resource.kind else f"{name}-{resource.kind.__name__}"): resource
        for name, resource in new.items()
    }


def reviewed(document: str, tenant: Tenant, *, look: bool) -> Review:
    if not look:
        return build_review(read_preview(document), None)[0]
    with TalendClient(support.settings_for(tenant)) as client:
        return build_review(read_preview(document), TenantAccess(client), insist=True)[0]


def rehearse(data: st.DataObject, tenant: Tenant, *, look: bool) -> None:
    """A stack's first program applied, then by-hand changes, then a second program previewed, reviewed and applied."""
    world, lab = World(tenant), Lab(tenant)
    by_hand(data, world, tenant, "before")
    first = accepted(lab.run(), data.draw(programs(world), label="first program"))
    retained = Rehearsal(lab.run(), first, {}).apply()
    if look:
        by_hand(data, world, tenant, "drift")
        if data.draw(st.booleans(), label="refresh"):
            run = lab.run()
            for name in list(run.states):
                run.refresh(name)
    second = accepted(lab.run(), same_names_same_kind(first, data.draw(programs(world), label="second program")))
    parts = data.draw(st.booleans(), label="replacements in parts")
    try:
        document = Rehearsal(lab.run(), second, retained, parts).document()
    except Refused:
        assume(False)
        return
    note(document)
    before, granted = access_of(tenant), granted_by(lab)
    review = reviewed(document, tenant, look=look)
    assert access_of(tenant) == before, "a review wrote something"
    try:
        Rehearsal(lab.run(), second, retained).apply()
    except (AlreadyExistsError, NotReviewedError):
        assert review.unknown, "an update that is refused was not announced"
        return
    after = access_of(tenant)
    compare(review, told(review), before, after, look=look)
    if look and not review.unknown:
        assert_alerts_are_true(review, before, after, granted)
        assert_summary_is_true(review, before, after)


def compare(review: Review, shown: Told, before: Access, after: Access, *, look: bool) -> None:
    for change in review.changes:
        event("gap" if change.has_gap else "change of a mapping" if change in review.mappings else "change of a grant")
    doubtful = unknown(review)
    for target in before.keys() | after.keys() | shown.keys():
        was, is_now = before.get(target, frozenset[str]()), after.get(target, frozenset[str]())
        if target in doubtful:
            continue
        if target not in shown:
            assert was == is_now, f"{target} changed from {set(was)} to {set(is_now)}, and the review did not say so"
            continue
        said_before, said_after = shown[target]
        if look:
            assert said_before == was, target
        else:
            assert said_before is None or said_before == was, target
        assert said_after == is_now, target


def granted_by(lab: Lab) -> Access:
    """What the stack's state has, by target."""
    granted: dict[str, set[str]] = {}
    for state in lab.states.values():
        held = state.outputs
        if "role_name" in held:
            found = {f"role {held['role_name']}": held["roles"]}
        elif "mappings" in held:
            found = {f"role {name}": roles for name, roles in held["mappings"].items()}
        elif "grants" in held:
            found = {f"{state.id}/{path}": held["grants"][who] for who, path in held["principals"].items()}
        else:
            found = {state.id: held["permissions"]}
        for target, rights in found.items():
            granted.setdefault(target, set()).update(rights)
    return {target: frozenset(rights) for target, rights in granted.items()}


def assert_alerts_are_true(review: Review, before: Access, after: Access, granted: Access) -> None:
    """Each alert says what has happened, and all that has happened of its kind is in an alert."""
    nothing = frozenset[str]()
    gained = {target: rights - before.get(target, nothing) for target, rights in after.items()}
    lost = {target: rights - after.get(target, nothing) for target, rights in before.items()}
    items = {alert.kind: alert.items for alert in review.alerts}

    def grants(wanted: Mapping[str, bool]) -> set[str]:
        labels = {change.target.resource_id: f"{change.who.label} on {change.where.label}" for change in review.grants}
        return {labels[target] for target, is_wanted in wanted.items() if is_wanted and not target.startswith("role ")}

    for kind, permission in (("manage-gained", "MANAGE"), ("publish-gained", "PUBLISH")):
        assert set(items.get(kind, ())) == grants({t: permission in rights for t, rights in gained.items()})
    unmanaged = {target: rights - granted.get(target, nothing) for target, rights in lost.items()}
    said = items.get("unmanaged-removed", ())
    assert {item.rpartition(" loses ")[0] for item in said if not item.startswith("everybody")} == grants(
        {target: bool(rights) for target, rights in unmanaged.items()}
    )
    assert len(said) == sum(bool(rights) for rights in unmanaged.values())
    assert len(items.get("customer-role-lost", ())) == sum(
        target.startswith("role ") and target not in after for target in before
    )

    def holders(access: Access) -> set[str]:
        return {target.partition("/")[2] for target in access if not target.startswith("role ")}

    gone = holders(before) - holders(after)
    labels = {change.who.principal.path: change.who.label for change in review.grants}
    said = items.get("last-access-removed", ())
    assert not any("not read" in item for item in said)
    assert {item.partition(" (loses ")[0] for item in said} == {labels[principal] for principal in gone}
    for item in items.get("taken-over", ()):
        event("taken over")
        assert any(
            item.startswith(f"{change.who.label} on {change.where.label}:")
            and change.target.resource_id in before
            and change.target.resource_id not in granted
            for change in review.grants
        ) or any(f"role {change.target}" not in granted for change in review.mappings)


def assert_summary_is_true(review: Review, before: Access, after: Access) -> None:
    """The sentences name, or count, exactly those who lose all access somewhere, lose some of it, gain."""
    people = {change.who.principal.path: change.who for change in review.grants}
    used = Counter(who.person or who.label for who in people.values())
    nothing = frozenset[str]()

    def expected(holds: Callable[[frozenset[str], frozenset[str]], bool], of_roles: bool) -> set[str]:
        targets = {
            target
            for target in before.keys() | after.keys()
            if target.startswith("role ") is of_roles and holds(before.get(target, nothing), after.get(target, nothing))
        }
        if of_roles:
            roles = sorted(target.partition(" ")[2] for target in targets)
            one_of = (
                f"one of {len(roles)} customer roles" if len(roles) > 3 else f"customer role {_listed(roles, 'or')}"
            )
            return {f"Everybody with {one_of}"} if roles else set()
        found = {target.partition("/")[2] for target in targets}
        shown = [people[each].label if used[people[each].person or ""] != 1 else people[each].person for each in found]
        if len(found) <= 3:
            return {_listed(sorted((name or "" for name in shown), key=str.casefold), "and")} if found else set()
        users = sum(each.startswith("users/") for each in found)
        accounts = [plural(len(found) - users, "service account")] if users < len(found) else []
        return {_listed([plural(users, "person", "people"), *accounts], "and")}

    sentences = summary(review)
    checks: list[tuple[str, bool | None, Callable[[frozenset[str], frozenset[str]], bool]]] = [
        ("lose", True, lambda was, now: bool(was) and not now),
        ("lose", False, lambda was, now: bool(was - now) and bool(now)),
        ("gain", None, lambda was, now: bool(now - was)),
    ]
    for what, all_of_it, holds in checks:
        for of_roles in (False, True):
            said: set[str] = set()
            for sentence in sentences:
                found = re.match(rf"(.*?) (?:loses? .* and )?{what}s? (all (?:access|Talend roles))?", sentence)
                is_whole = found is not None and found[2] is not None
                if found and sentence.startswith("Everybody with ") is of_roles and all_of_it in (None, is_whole):
                    said.add(found[1])
            assert said == expected(holds, of_roles), (sentences, what, all_of_it)


def _listed(names: Sequence[str], last: str) -> str:
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _examples(tenant: Tenant, seed: Mapping[str, Any]) -> None:
    support.reset(tenant, dict(seed))


@settings(
    max_examples=20 * int(os.environ.get("FUZZ_TIMES", "1")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=_SLOW_IS_FINE,
)
@given(data=st.data())
def test_with_the_tenant_looked_at(running_tenant: tuple[Tenant, dict[str, Any]], data: st.DataObject) -> None:
    _examples(*running_tenant)
    rehearse(data, running_tenant[0], look=True)


@settings(
    max_examples=20 * int(os.environ.get("FUZZ_TIMES", "1")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=_SLOW_IS_FINE,
)
@given(data=st.data())
def test_by_the_stacks_state(running_tenant: tuple[Tenant, dict[str, Any]], data: st.DataObject) -> None:
    _examples(*running_tenant)
    rehearse(data, running_tenant[0], look=False)
