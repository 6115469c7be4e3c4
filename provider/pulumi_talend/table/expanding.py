"""From a table to what it declares in an environment: a set for each workspace, and the role mappings.

Within a workspace the lines of a person and of all the person's teams add up. A line in an environment's override replaces the
line of the same person or team. A grant has one end, so lines of one person with different ends are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..model import principals
from ..model.expiry import parse_time
from ..model.fields import did_you_mean, not_a_permission
from ..model.grants import PERMISSIONS, in_usual_order
from ..model.lines import TableLine
from . import models
from .models import TEAM
from .places import Path, Places, TableProblem

T = TypeVar("T")

_OTHERS = "extra_permissions, at the top"


@dataclass(frozen=True)
class DeclaredAccess:
    """What the table gives to one principal or customer role.

    Attributes:
        rights: Permissions, or Talend roles.
        expires_at: The end.
        line: Where the table says so, and what else it says about it.
        path: Where that is in the table.
    """

    rights: tuple[str, ...]
    expires_at: str | None
    line: TableLine
    path: Path


@dataclass(frozen=True)
class DeclaredSet:
    """Access to one workspace in one environment.

    Attributes:
        label: How the table calls the workspace.
        workspace_id: Its id, where the table gives it.
        grants: By how the principal is written.
    """

    label: str
    environment: str
    workspace_id: str | None
    exclusive: models.Exclusive
    adopt_existing: bool
    max_removals: int | str | None
    grants: Mapping[str, DeclaredAccess]
    line: TableLine
    path: Path


@dataclass(frozen=True)
class DeclaredMappings:
    """The role mappings."""

    exclusive: bool
    adopt_existing: bool
    allow_empty: bool
    max_removals: int | str | None
    mappings: Mapping[str, DeclaredAccess]
    line: TableLine
    path: Path


@dataclass(frozen=True)
class Declared:
    """What a table declares."""

    sets: tuple[DeclaredSet, ...]
    mappings: DeclaredMappings | None

    @property
    def grants(self) -> int:
        """The number of grants."""
        return sum(len(each.grants) for each in self.sets)


@dataclass(frozen=True)
class _Line:
    """One line for one principal, before lines are put together."""

    written: str
    rights: tuple[str, ...]
    expires_at: str | None
    path: Path
    through: tuple[str, ...]
    notes: Mapping[str, str]


@dataclass
class Expansion:
    """Expands one table, and collects what is wrong with it."""

    table: models.Table
    places: Places
    problems: list[TableProblem] = field(default_factory=list[TableProblem])
    names: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])
    """The names of environments, teams, bundles and permissions in a table of which parts are left out."""

    def refuse(self, path: Path, reason: str, *, key: bool = False) -> None:
        """Notes a problem."""
        self.problems.append(TableProblem(self.places.text(path, key=key), reason, self.places.of(path, key=key)))

    # What holds for the whole table

    def check(self, *, whole: bool) -> None:
        """Checks what no environment decides: names of environments, teams, bundles and permissions.

        Args:
            whole: Whether no part of the table was left out; only then it can be empty.
        """
        table = self.table
        if whole and not table.workspaces and table.role_mappings is None:
            self.refuse((), "the table declares nothing; write `workspaces:` or `role_mappings:`")
        for index, name in enumerate(table.environments):
            if name in table.environments[:index]:
                self.refuse(("environments", index), f"'{name}' is written twice; keep one of them")
        for name, bundle in table.bundles.items():
            if name in self._permissions:
                self.refuse(("bundles", name), f"'{name}' is a permission; give the bundle another name", key=True)
            for environment, rights in bundle.items():
                if environment != models.ANYWHERE:
                    self._environment(environment, ("bundles", name, environment), key=True)
                for index, right in enumerate(rights):
                    if right not in self._permissions:
                        self.refuse(
                            ("bundles", name, environment, index),
                            not_a_permission(right, self._permissions, others=_OTHERS),
                        )
        for name, team in table.teams.items():
            self._check_members(name, team)
        for name, workspace in table.workspaces.items():
            self._check_workspace(name, workspace)
        mappings = table.role_mappings
        if mappings is not None:
            self._check_mappings(mappings)

    @property
    def _permissions(self) -> tuple[str, ...]:
        return (*PERMISSIONS, *self._known("extra_permissions", self.table.extra_permissions))

    def _known(self, part: str, names: Collection[str]) -> Collection[str]:
        return self.names.get(part, names)

    def _environment(self, name: str, path: Path, *, key: bool = False, of: Collection[str] | None = None) -> None:
        known = self._known("environments", self.table.environments) if of is None else of
        if name not in known:
            there = f"; the table has {', '.join(known)}" if known else "; name it at the top, under `environments:`"
            self.refuse(path, f"no environment '{name}' here{did_you_mean(name, known) or there}", key=key)

    def _check_members(self, name: str, team: models.Team) -> None:
        seen: set[tuple[str, str]] = set()
        for index, member in enumerate(team.members):
            reference = principals.read(member.who)
            if (reference.form, reference.value) in seen:
                self.refuse(("teams", name, "members", index), f"'{member.who}' is in the team already; keep one line")
            seen.add((reference.form, reference.value))

    def _check_workspace(self, name: str, workspace: models.Workspace) -> None:
        path: Path = ("workspaces", name)
        places = self._environments_of(workspace)
        for index, environment in enumerate(workspace.environments or ()):
            self._environment(environment, (*path, "environments", index))
        if not places:
            self.refuse(path, "is in no environment; name them at the top, under `environments:`", key=True)
        for environment in workspace.overrides:
            self._environment(environment, (*path, "overrides", environment), key=True, of=places)
        if workspace.id is not None and len(places) > 1:
            self.refuse(
                (*path, "id"), "is one workspace, and this one is in several environments; give it in overrides"
            )
        for where, part in (
            ((), workspace),
            *((("overrides", name), each) for name, each in workspace.overrides.items()),
        ):
            self._check_access((*path, *where), part, is_override=bool(where))

    def _check_access(self, path: Path, part: models.Part, *, is_override: bool) -> None:
        bundles, teams = self._known("bundles", self.table.bundles), self._known("teams", self.table.teams)
        valid = {*self._permissions, *bundles}
        for who, entry in part.access.items():
            at: Path = (*path, "access", who)
            team = who.removeprefix(TEAM)
            if who.startswith(TEAM) and team not in teams:
                self.refuse(at, f"no team '{team}'{did_you_mean(team, teams) or '; write it under `teams:`'}", key=True)
            if not entry.permissions and not is_override:
                self.refuse(at, "gives nothing; write permissions, or remove the line")
            for index, right in enumerate(entry.permissions):
                if right not in valid:
                    reason = not_a_permission(right, self._permissions, bundles=bundles, others=_OTHERS)
                    self.refuse((*at, "permissions", index), reason)

    def _check_mappings(self, mappings: models.RoleMappings) -> None:
        path: Path = ("role_mappings",)
        if mappings.environment is not None:
            self._environment(mappings.environment, (*path, "environment"))
        elif len(self.table.environments) > 1:
            reason = "say with `environment:` whose stack manages them: role mappings exist once in a tenant"
            self.refuse(path, reason, key=True)
        for role, mapping in mappings.mappings.items():
            if not mapping.roles:
                self.refuse((*path, "mappings", role), "gives no role; write one, or remove the line")
            if mapping.expires is not None and mappings.exclusive:
                reason = "an end needs `exclusive: false`: all mappings together have no ends of their own"
                self.refuse((*path, "mappings", role, "expires"), reason)

    # What an environment makes of it

    def expand(self, environment: str | None) -> Declared:
        """What the table declares in an environment; None: in all of them. Only of a table without problems."""
        chosen = self.table.environments if environment is None else [environment]
        sets = [
            self._set(name, workspace, each)
            for each in chosen
            for name, workspace in self.table.workspaces.items()
            if each in self._environments_of(workspace)
        ]
        return Declared(tuple(sets), self._mappings(environment))

    def _environments_of(self, workspace: models.Workspace) -> list[str]:
        return self.table.environments if workspace.environments is None else workspace.environments

    def _set(self, name: str, workspace: models.Workspace, environment: str) -> DeclaredSet:
        path: Path = ("workspaces", name)
        override = workspace.overrides.get(environment)
        inside: Path = (*path, "overrides", environment)
        lines: dict[str, tuple[models.Entry, Path]] = {
            who: (entry, (*path, "access", who)) for who, entry in workspace.access.items()
        }
        if override is not None:
            lines.update({who: (entry, (*inside, "access", who)) for who, entry in override.access.items()})
        parts = [*([override] if override is not None else []), workspace]
        said: list[models.Exclusive | None] = [part.exclusive for part in (*parts, self.table)]
        exclusive = _first(said)
        if exclusive is None:
            reason = "may others have access? say it with `exclusive:` here or for all workspaces at the top"
            self.refuse(path, reason, key=True)
        own = _first(part.adopt_existing for part in parts)
        if own and exclusive is not False:
            self.refuse((*path, "adopt_existing"), "an exclusive table takes over what is there anyway; remove it")
        grants: dict[str, DeclaredAccess] = {}
        notes = {key: value for part in reversed(parts) for key, value in part.notes.items()}
        for several in self._by_principal(lines, environment).values():
            grants[several[0].written] = self._together(several, name, environment)
        if exclusive is False and not grants:
            self.refuse(path, f"gives nobody access in {environment}, and others are left alone; remove it", key=True)
        return DeclaredSet(
            label=name,
            environment=environment,
            workspace_id=_first(part.id for part in parts),
            exclusive=True if exclusive is None else exclusive,
            adopt_existing=exclusive is False and bool(self.table.adopt_existing if own is None else own),
            max_removals=_first(part.max_removals for part in (*parts, self.table)),
            grants=grants,
            line=TableLine(self.places.text(path, key=True), "", _said(notes)),
            path=path,
        )

    def _by_principal(
        self, lines: Mapping[str, tuple[models.Entry, Path]], environment: str
    ) -> dict[tuple[str, str], list[_Line]]:
        found: dict[tuple[str, str], list[_Line]] = {}
        for who, (entry, path) in lines.items():
            rights = self._rights(entry.permissions, environment)
            if not rights:
                continue
            for line in self._lines(who, entry, path, rights):
                reference = principals.read(line.written)
                found.setdefault((reference.form, reference.value), []).append(line)
        return found

    def _lines(self, who: str, entry: models.Entry, path: Path, rights: tuple[str, ...]) -> Iterable[_Line]:
        if not who.startswith(TEAM):
            yield _Line(who, rights, entry.expires, path, self._bundles(entry), entry.notes)
            return
        team = who.removeprefix(TEAM)
        about = self.table.teams.get(team)
        for index, member in enumerate(about.members if about is not None else ()):
            until = _earlier(entry.expires, member.expires)
            of_team = dict(about.notes) if about is not None else {}
            if "owner" in of_team and "owner" not in {**entry.notes, **member.notes}:
                of_team["team owner"] = of_team.pop("owner")
            notes = {**of_team, **entry.notes, **member.notes}
            through = (f"team {team}, {self.places.text(path, key=True)}", *self._bundles(entry))
            yield _Line(member.who, rights, until, ("teams", team, "members", index), through, notes)

    def _bundles(self, entry: models.Entry) -> tuple[str, ...]:
        """The bundles in a line, each with where it is written."""
        named = [name for name in entry.permissions if name in self.table.bundles]
        return tuple(f"{name}, {self.places.text(('bundles', name), key=True)}" for name in named)

    def _rights(self, names: Iterable[str], environment: str) -> tuple[str, ...]:
        found: set[str] = set()
        for name in names:
            bundle = self.table.bundles.get(name)
            found.update([name] if bundle is None else bundle.get(models.ANYWHERE, bundle.get(environment, ())))
        return in_usual_order(found, self._permissions)

    def _together(self, lines: list[_Line], workspace: str, environment: str) -> DeclaredAccess:
        """One grant of all lines of one principal."""
        first = lines[0]
        for line in lines[1:]:
            if line.expires_at != first.expires_at:
                ends = [each.expires_at or "no end" for each in (line, first)]
                self.refuse(
                    line.path,
                    f"{line.written} has access to '{workspace}' in {environment} by two lines with different ends ({ends[0]}; "
                    f"{ends[1]} in {self.places.text(first.path, key=True)}); write one line, with one end",
                    key=True,
                )
        names = {right for line in lines for right in line.rights}
        notes = {name: value for line in reversed(lines) for name, value in line.notes.items()}
        through = list(first.through)
        for line in lines[1:]:
            through += [self.places.text(line.path, key=True), *line.through]
        return DeclaredAccess(
            rights=self._rights(names, environment),
            expires_at=first.expires_at,
            line=TableLine(self.places.text(first.path, key=True), "; ".join(dict.fromkeys(through)), _said(notes)),
            path=first.path,
        )

    def _mappings(self, environment: str | None) -> DeclaredMappings | None:
        table = self.table.role_mappings
        if table is None or (environment is not None and environment != (table.environment or environment)):
            return None
        path: Path = ("role_mappings",)
        mappings: dict[str, DeclaredAccess] = {}
        for role, mapping in table.mappings.items():
            at: Path = (*path, "mappings", role)
            line = TableLine(self.places.text(at, key=True), "", _said(mapping.notes))
            mappings[role] = DeclaredAccess(tuple(sorted(set(mapping.roles))), mapping.expires, line, at)
        return DeclaredMappings(
            exclusive=table.exclusive,
            adopt_existing=bool(table.adopt_existing),
            allow_empty=bool(table.allow_empty),
            max_removals=table.max_removals,
            mappings=mappings,
            line=TableLine(self.places.text(path, key=True), "", ""),
            path=path,
        )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _earlier(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=parse_time)


def _said(notes: Mapping[str, str]) -> str:
    """Notes in one text: `on call; ticket OPS-12; owner Anna`."""
    words = {"reason": "", "ticket": "ticket ", "owner": "owner ", "team owner": "team owner "}
    return "; ".join(f"{words[name]}{notes[name]}" for name in words if name in notes)
