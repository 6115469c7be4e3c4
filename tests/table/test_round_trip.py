"""Table → resources → adopted table: the same grants on the same workspaces, whatever their names are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_talend.adopt.live import LiveGrant
from pulumi_talend.adopt.sets import AdoptedSets
from pulumi_talend.adopt.table import table_of, write_table
from pulumi_talend.authoring.formatting import formatted
from pulumi_talend.model import principals
from pulumi_talend.model.grants import PERMISSIONS, Principal
from pulumi_talend.model.named import Place, Who
from pulumi_talend.table import Declared, read_table, table_from_dict

ODD = (
    "Sales|no|On|012|1e3|~|a: b|x # y|- z|[q]|{w}|&a|"
    "*b|!c|%d|@e|`f|'g'|\"h\"|>|Süd|名前|team:t|user:u|user-id:v|<<|=|?|12:30|null|\\"
)


def _is_name(text: str) -> bool:
    return text == text.strip() != ""


def _is_role(text: str) -> bool:
    return any(character.isalnum() for character in text) and "/" not in text


NAMES = st.sampled_from([*ODD.split("|"), "|"]) | st.text("abBC .:#-_/\\'\"[]{}", min_size=1, max_size=8).filter(
    _is_name
)
ENVIRONMENTS = ["dev", "prod", "on"]
RIGHTS = st.lists(st.sampled_from(PERMISSIONS), min_size=1, max_size=5, unique=True)
FORMS = (principals.user, principals.user_id, principals.service_account, principals.service_account_id)
Access = dict[tuple[str, str], dict[tuple[str, str], tuple[str, ...]]]


def _written(form: Callable[[str], str], name: str) -> str:
    return form(name)


def _account(written: str) -> tuple[str, str]:
    """What makes two members of a team the same one, however they are written."""
    reference = principals.read(written)
    return reference.form, reference.value


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A valid table with teams, bundles and overrides."""
    people = st.builds(_written, st.sampled_from(FORMS), NAMES)
    teams = draw(st.dictionaries(NAMES, st.lists(people, min_size=1, max_size=3, unique_by=_account), max_size=2))
    bundles = draw(st.dictionaries(NAMES, RIGHTS | st.dictionaries(st.sampled_from(ENVIRONMENTS), RIGHTS), max_size=2))
    who = people | st.sampled_from([f"team:{name}" for name in teams] or ["user:nobody"])
    what = RIGHTS | st.sampled_from(sorted(bundles) or ["VIEW"])
    access = st.dictionaries(who, what, max_size=4)
    overrides: Any = st.fixed_dictionaries({"dev": st.fixed_dictionaries({"access": access})})
    optional: dict[Any, Any] = {"environments": st.just(["on", "dev"]), "overrides": overrides}
    workspace: Any = st.fixed_dictionaries({"access": access}, optional=optional)
    mappings = draw(st.dictionaries(NAMES.filter(_is_role), NAMES, max_size=3))
    return {
        "environments": ENVIRONMENTS,
        "exclusive": True,
        "teams": teams,
        "bundles": bundles,
        "workspaces": draw(st.dictionaries(NAMES, workspace, min_size=1, max_size=3)),
        "role_mappings": {"environment": "on", "exclusive": True, "mappings": mappings},
    }


def access_of(declared: Declared) -> Access:
    """Who has what where, without workspaces on which nobody has anything: a tenant does not list them."""
    found: Access = {}
    for each in declared.sets:
        grants: dict[tuple[str, str], tuple[str, ...]] = {}
        for who, access in each.grants.items():
            reference = principals.read(who)
            grants[reference.form, reference.value] = access.rights
        if grants:
            found[each.environment, each.label] = grants
    return found


def roles_of(declared: Declared) -> dict[str, tuple[str, ...]]:
    if declared.mappings is None:
        return {}
    return {name: mapping.rights for name, mapping in declared.mappings.mappings.items()}


def adopted(declared: Declared) -> AdoptedSets:
    """What adoption makes of a tenant in which all of it is granted."""
    live: list[LiveGrant] = []
    for (environment, label), grants in access_of(declared).items():
        place = Place(environment, label, f"{environment}/{label}", by_name=True)
        for (form, value), rights in grants.items():
            kind = "users" if form.startswith("user") else "service-accounts"
            who = Who(Principal(kind, value), value, by_name=not form.endswith("-id"))
            live.append(LiveGrant(place, who, frozenset(rights)))
    roles = {name: frozenset(rights) for name, rights in roles_of(declared).items()}
    return table_of(live, roles, exclusive=True)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_what_is_adopted_is_what_was_declared(data: dict[str, Any]) -> None:
    declared = table_from_dict(data, name="access").declared(None)
    if not access_of(declared):
        return
    found = adopted(declared)
    text = write_table(found, title="Access.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "access.yaml"
        file.write_text(text, encoding="utf-8")
        again = read_table(file).declared(None)
    assert access_of(again) == access_of(declared)
    assert roles_of(again) == roles_of(declared)
    assert formatted(text) == text
    assert yaml.safe_load(text)["exclusive"] is True


def test_the_names_of_resources_are_those_of_the_component() -> None:
    declared = table_from_dict(
        {"environments": ["a/b"], "exclusive": True, "workspaces": {"c%/d": {"access": {"x": "VIEW"}}}}, name="access"
    ).declared(None)
    assert [name for name, _, _ in adopted(declared).workspaces] == ["access/a%2Fb/c%25%2Fd"]
