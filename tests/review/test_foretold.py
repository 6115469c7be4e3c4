"""What a review foretells is what the tenant then says: random stacks on random tenants, previewed, reviewed, applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, assume, event, given, note, settings
from hypothesis import strategies as st

import support
from hosting import Lab, Refused
from pulumi_talend.access import AlreadyThereError, TenantAccess
from pulumi_talend.api import TalendClient
from pulumi_talend.resources.base import TalendProvider
from pulumi_talend.resources.role_mapping import RoleMappingProvider
from pulumi_talend.resources.role_mappings import RoleMappingsProvider
from pulumi_talend.resources.workspace_access import WorkspaceAccessProvider
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
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
                "allow_removals": st.just(True),
            }
        )
        return _declared(WorkspaceAccessProvider, inputs)

    def _all_mappings(self) -> st.SearchStrategy[Resource]:
        inputs = st.fixed_dictionaries(
            {
                "mappings": st.dictionaries(st.sampled_from(CUSTOMER_ROLES), ROLES, min_size=1, max_size=3),
                "allow_removals": st.just(True),
            }
        )
        return _declared(RoleMappingsProvider, inputs)


def _declared(
    kind: type[TalendProvider[Any]], inputs: st.SearchStrategy[dict[str, Any]]
) -> st.SearchStrategy[Resource]:
    def resource(given: dict[str, Any], more: dict[str, bool]) -> Resource:
        return Resource(kind, given, **more)

    return st.builds(resource, inputs, _options())


def _options() -> st.SearchStrategy[dict[str, bool]]:
    rarely = st.sampled_from([False] * 7 + [True])
    return st.fixed_dictionaries({"retained": rarely, "forced": rarely})


def access_of(tenant: Tenant) -> Access:
    grants = {f"{w}/{kind}/{who}": frozenset(held) for (w, kind, who), held in tenant.grants().items()}
    return {**grants, **{f"role {name}": frozenset(roles) for name, roles in tenant.role_mappings().items()}}


Told = dict[str, tuple[frozenset[str] | None, frozenset[str] | None]]


def foretold(review: Review, ids: Mapping[str, str]) -> Told:
    """Before and after by target; `ids` are those behind names, which stand in for ids where only names are known."""
    grants: Told = {}
    for change in review.grants:
        target = f"{change.where.id}/{change.who.kind}/{ids.get(change.who.id, change.who.id)}"
        # Once by id and once by name, where nothing in the document says that they are the same: then both say the same.
        assert grants.get(target, (change.before, change.after)) == (change.before, change.after), target
        grants[target] = (change.before, change.after)
    return {**grants, **{f"role {c.customer_role}": (c.before, c.after) for c in review.mappings}}


def untold(review: Review, resource_types: set[str]) -> set[str]:
    """What may change in ways that the review says it cannot foretell."""
    targets = {target for one in review.unforeseen for target in one.targets}
    return {
        target if target.count("/") == 2 and target.split("/")[1] in resource_types else f"role {target}"
        for target in targets
    }


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
    before = access_of(tenant)
    review = reviewed(document, tenant, look=look)
    assert access_of(tenant) == before, "a review wrote something"
    try:
        Rehearsal(lab.run(), second, retained).apply()
    except AlreadyThereError:
        assert review.unforeseen, "an update that is refused was not foretold"
        return
    ids = {each[name]: each["id"] for name, each in _named(tenant)}
    compare(review, foretold(review, ids), before, access_of(tenant), look=look)


def _named(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    users, accounts = tenant.users(), tenant.service_accounts()
    return [("login", user) for user in users] + [("name", account) for account in accounts]


def compare(review: Review, told: Told, before: Access, after: Access, *, look: bool) -> None:
    for change in review.changes:
        event("gap" if change.gap else "change of a mapping" if change in review.mappings else "change of a grant")
    doubtful = untold(review, {"users", "service-accounts"})
    for target in before.keys() | after.keys() | told.keys():
        was, is_now = before.get(target, frozenset[str]()), after.get(target, frozenset[str]())
        if target in doubtful:
            continue
        if target not in told:
            assert was == is_now, f"{target} changed from {set(was)} to {set(is_now)}, and the review did not say so"
            continue
        said_before, said_after = told[target]
        if look:
            assert said_before == was, target
        else:
            assert said_before is None or said_before == was, target
        assert said_after is None or said_after == is_now, target


def _examples(tenant: Tenant, seed: Mapping[str, Any]) -> None:
    support.reset(tenant, dict(seed))


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=_SLOW_IS_FINE,
)
@given(data=st.data())
def test_with_the_tenant_looked_at(running_tenant: tuple[Tenant, dict[str, Any]], data: st.DataObject) -> None:
    _examples(*running_tenant)
    rehearse(data, running_tenant[0], look=True)


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=_SLOW_IS_FINE,
)
@given(data=st.data())
def test_by_the_states_word(running_tenant: tuple[Tenant, dict[str, Any]], data: st.DataObject) -> None:
    _examples(*running_tenant)
    rehearse(data, running_tenant[0], look=False)
