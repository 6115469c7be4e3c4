"""From the names that people use to the objects they mean: workspaces, users, service accounts, Talend roles.

Nothing is guessed: a name that is not there, or that fits several, is an error that says what could have been meant.
Workspaces, environments, service accounts and roles are compared as they are written; logins and e-mail addresses of users
without regard to upper and lower case, as mail systems do.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from ..api.errors import TalendError
from ..api.models import Role, ServiceAccount, User, Workspace

_NEAR_AT_MOST = 3
_NEAR_ENOUGH = 0.6
_ENOUGH_TO_HOLD = 3


class NameLookupError(TalendError):
    """A name that leads to no object, or to several. `parameter` is what it was given as: `workspace`, `user`, ..."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownNameError(NameLookupError):
    """Nothing in the tenant has that name, as far as the credential sees."""


class AmbiguousNameError(NameLookupError):
    """Several objects of the tenant have that name."""


for _class in (NameLookupError, UnknownNameError, AmbiguousNameError):
    _class.__module__ = "pulumi_talend"


def near(name: str, candidates: Iterable[str]) -> list[str]:
    """Those of `candidates` that look like `name`, or hold it, the likeliest first, upper and lower case aside."""
    wanted = name.strip().casefold()
    spellings: dict[str, str] = {}
    for candidate in candidates:
        spellings.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(wanted, spellings, n=_NEAR_AT_MOST, cutoff=_NEAR_ENOUGH)
    holding = [s for s in sorted(spellings) if len(wanted) >= _ENOUGH_TO_HOLD and wanted in s and s not in found]
    return [spellings[spelling] for spelling in [*found, *holding][:_NEAR_AT_MOST]]


def did_you_mean(matches: Sequence[str]) -> str:
    """`; did you mean 'a' or 'b'?`, empty where there is nothing near."""
    return f"; did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""


class WorkspaceNames:
    """The workspaces, by id and by name."""

    def __init__(self, workspaces: Iterable[Workspace]) -> None:
        self.all = list(workspaces)
        self.by_id: Mapping[str, Workspace] = {workspace.id: workspace for workspace in self.all}
        self._by_name: defaultdict[str, list[Workspace]] = defaultdict(list)
        for workspace in self.all:
            self._by_name[workspace.name].append(workspace)

    def environments(self) -> list[str]:
        """The names of the environments that the workspaces are in."""
        return sorted({environment_of(workspace) for workspace in self.all} - {""})

    def find(self, name: str, environment: str | None = None) -> Workspace:
        """The workspace of that name, in that environment. Raises UnknownNameError or AmbiguousNameError."""
        if environment is not None and environment not in self.environments():
            hint = did_you_mean(near(environment, self.environments())) or "; a name is written as the console shows it"
            raise UnknownNameError("environment", f"no environment '{environment}' with a workspace in it{hint}")
        here = [w for w in self.all if environment is None or environment_of(w) == environment]
        found = [w for w in self._by_name.get(name, []) if environment is None or environment_of(w) == environment]
        where = "" if environment is None else f" in environment '{environment}'"
        if not found:
            raise UnknownNameError("workspace", f"no workspace '{name}'{where}{self._hint(name, here)}")
        if len(found) == 1:
            return found[0]
        environments = sorted({environment_of(workspace) for workspace in found})
        if len(environments) == len(found):
            raise AmbiguousNameError(
                "workspace",
                f"there is a workspace '{name}' in each of the environments {', '.join(environments)}: "
                "say which one with environment",
            )
        raise AmbiguousNameError(
            "workspace",
            f"{len(found)} workspaces are called '{name}'{where}: say which one with workspace_id "
            f"({', '.join(sorted(workspace.id for workspace in found))})",
        )

    def _hint(self, name: str, here: Iterable[Workspace]) -> str:
        elsewhere = sorted({environment_of(workspace) for workspace in self._by_name.get(name, [])})
        if elsewhere:
            return f"; there is one in {', '.join(elsewhere)}"
        return (
            did_you_mean(near(name, (workspace.name for workspace in here)))
            or "; check the name in the console, and that the credential may see it"
        )


class UserNames:
    """The users, by id, login and e-mail address."""

    def __init__(self, users: Iterable[User]) -> None:
        self.all = list(users)
        self.by_id: Mapping[str, User] = {user.id: user for user in self.all}
        self._by_login: defaultdict[str, list[User]] = defaultdict(list)
        self._by_email: defaultdict[str, list[User]] = defaultdict(list)
        for user in self.all:
            for index, name in ((self._by_login, user.login), (self._by_email, user.email)):
                if name:
                    index[name.casefold()].append(user)

    def find(self, name: str) -> User:
        """The user of that login, or of that e-mail address. Raises UnknownNameError or AmbiguousNameError."""
        wanted = name.casefold()
        found = self._by_login.get(wanted) or self._by_email.get(wanted) or []
        if not found:
            raise UnknownNameError("user", f"no user '{name}'{self._hint(wanted)}")
        if len(found) > 1:
            logins = ", ".join(sorted(user.login or user.id for user in found))
            raise AmbiguousNameError(
                "user", f"{len(found)} users have the name '{name}': say which one by login ({logins})"
            )
        return found[0]

    def _hint(self, wanted: str) -> str:
        namesakes = [u for u in self.all if f"{u.first_name or ''} {u.last_name or ''}".strip().casefold() == wanted]
        if namesakes:
            return did_you_mean([user_label(user) for user in namesakes][:_NEAR_AT_MOST])
        names = {name: name for user in self.all for name in (user.login, user.email) if name}
        # Somebody may have written only what stands before the @.
        names.update({name.partition("@")[0]: name for name in names if "@" in name and "@" not in wanted})
        return (
            did_you_mean(list(dict.fromkeys(names[match] for match in near(wanted, names))))
            or "; write the login or e-mail address as the console shows it, and remove whoever has left from the program"
        )


class ServiceAccountNames:
    """The service accounts, by id and by name."""

    def __init__(self, accounts: Iterable[ServiceAccount]) -> None:
        self.all = list(accounts)
        self.by_id: Mapping[str, ServiceAccount] = {account.id: account for account in self.all}

    def find(self, name: str) -> ServiceAccount:
        """The service account of that name. Raises UnknownNameError or AmbiguousNameError."""
        found = [account for account in self.all if account.name == name]
        if not found:
            hint = did_you_mean(near(name, (account.name for account in self.all))) or "; check the name in the console"
            raise UnknownNameError("service_account", f"no service account '{name}'{hint}")
        if len(found) > 1:
            ids = ", ".join(sorted(account.id for account in found))
            raise AmbiguousNameError(
                "service_account",
                f"{len(found)} service accounts are called '{name}': say which one with service_account_id ({ids})",
            )
        return found[0]


def unknown_roles(wanted: Iterable[str], roles: Iterable[Role]) -> list[str]:
    """What to say about each of the Talend roles `wanted` that is not among `roles`."""
    names = [role.name for role in roles]
    return [
        f"no Talend role '{name}'{did_you_mean(near(name, names)) or '; write one of ' + ', '.join(sorted(names))}"
        for name in sorted(set(wanted) - set(names))
    ]


def environment_of(workspace: Workspace) -> str:
    """The name of the environment that the workspace is in; empty where the API does not tell."""
    return workspace.environment.name if workspace.environment else ""


def user_label(user: User) -> str:
    """What a user is called: by login, else e-mail address, else id."""
    return user.login or user.email or user.id


def role_names(user: User) -> list[str]:
    """The user's Talend roles, by name where the API tells names, else by id. UNDOCUMENTED: texts or objects come."""
    return sorted(entry[0] for entry in map(_role_entry, user.roles or ()) if entry)


def role_names_and_ids(user: User) -> set[str]:
    """Every name and id by which the API tells the user's Talend roles."""
    return {text for entry in map(_role_entry, user.roles or ()) for text in entry}


def _role_entry(role: object) -> list[str]:
    if isinstance(role, str):
        return [role]
    if isinstance(role, Mapping):
        entry = cast("Mapping[str, object]", role)
        return [str(entry[name]) for name in ("name", "id") if entry.get(name)]
    return []
