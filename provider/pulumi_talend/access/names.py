"""From the names that people use to the objects that they mean: workspaces, users, service accounts, Talend roles.

Nothing is guessed: a name that is not there, or that fits several objects, is an error that says what could be meant. The exact
spelling wins. Otherwise a letter with its accents counts alike however it is composed (Unicode's NFC), then upper and lower
case of the ASCII letters. Other letters are never taken for each other: `ß` and `ss`, a ligature and its letters, or the Kelvin
sign and `K` (which NFC would replace) are different people's names.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Generic, TypeVar

from ..api import Role, ServiceAccount, User, Workspace
from ..api.text import in_one_line
from ..errors import AmbiguousNameError, UnknownNameError
from ..model.grants import Principal
from ..model.named import Place, Who

_PERSON = re.compile(r"[^\W\d_]+([ .'’-]+[^\W\d_]+)*\.?")
_NEAR_AT_MOST = 3
_NEAR_ENOUGH = 0.7
_LONG_ENOUGH_TO_CONTAIN = 3
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def normalized(name: str) -> str:
    """A name in NFC, but without the replacement of one character by another one, as the Kelvin sign by `K`."""
    if unicodedata.is_normalized("NFC", name):
        return name
    parts = groupby(name, key=_would_be_replaced)
    return "".join("".join(part) if stays else unicodedata.normalize("NFC", "".join(part)) for stays, part in parts)


def _would_be_replaced(character: str) -> bool:
    """Whether Unicode decomposes a character into one other character, which NFC leaves there."""
    into = unicodedata.decomposition(character)
    return bool(into) and " " not in into and not into.startswith("<")


def folded(name: str) -> str:
    """A name as `normalized`, with ASCII letters in lower case, as names are compared where no spelling is exact."""
    return normalized(name).translate(_ASCII_LOWER)


def near_matches(name: str, candidates: Iterable[str]) -> list[str]:
    """Returns the few candidates that look like `name` or contain it, the likeliest first."""
    wanted = folded(name.strip())
    spellings: dict[str, str] = {}
    for candidate in candidates:
        spellings.setdefault(folded(candidate), candidate)
    close = difflib.get_close_matches(wanted, spellings, n=max(1, len(spellings)), cutoff=_NEAR_ENOUGH)
    found = [spelling for spelling in close if _same_person_perhaps(wanted, spelling)][:_NEAR_AT_MOST]
    if len(wanted) >= _LONG_ENOUGH_TO_CONTAIN:
        found += [spelling for spelling in sorted(spellings) if wanted in spelling and spelling not in found]
    return [spellings[spelling] for spelling in found[:_NEAR_AT_MOST] if spellings[spelling] != name]


def _same_person_perhaps(login: str, other: str) -> bool:
    """Whether what is before the `@` is alike: everybody in a company shares what is after it."""
    if "@" not in login or "@" not in other:
        return True
    return difflib.SequenceMatcher(None, login.partition("@")[0], other.partition("@")[0]).ratio() >= _NEAR_ENOUGH


def did_you_mean(matches: Sequence[str]) -> str:
    """`; did you mean 'a' or 'b'?`, empty where there is no match."""
    return f"; did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""


O = TypeVar("O")  # noqa: E741 - objects

_SPELLINGS: tuple[Callable[[str], str], ...] = (str, normalized, folded)
"""How a name is compared, one after the other."""


class _Index(Generic[O]):
    """Objects by each of their names."""

    def __init__(self, objects: Iterable[O], names_of: Callable[[O], Iterable[str | None]]) -> None:
        self._by_spelling: list[defaultdict[str, list[O]]] = [defaultdict(list) for _ in _SPELLINGS]
        for each in objects:
            names = [name for name in names_of(each) if name]
            for spelling, found in zip(_SPELLINGS, self._by_spelling, strict=True):
                for name in {spelling(name) for name in names}:
                    found[name].append(each)

    def find(self, name: str) -> list[O]:
        """The objects of exactly that name, else those of that name composed otherwise, else with other ASCII case."""
        for spelling, by_name in zip(_SPELLINGS, self._by_spelling, strict=True):
            if found := by_name.get(spelling(name)):
                return found
        return []


def _padded(name: str, names: Iterable[str], how: str) -> str:
    """Advice where the tenant's own name has whitespace around it, which no input may have."""
    found = next((each for each in names if each != each.strip() and folded(each.strip()) == folded(name)), None)
    return f"; {found!a} has whitespace around it: give {how}, or rename it in the console" if found else ""


def _is_plain(*names: str) -> bool:
    """Whether names can be written down in a program: the inputs refuse whitespace around a name, and what cannot be printed."""
    return all(name.strip() == name != "" and name.isprintable() for name in names)


class WorkspaceNames:
    """The workspaces, by id and by name."""

    def __init__(self, workspaces: Iterable[Workspace]) -> None:
        self.all = list(workspaces)
        self.by_id: Mapping[str, Workspace] = {workspace.id: workspace for workspace in self.all}
        self._by_name = _Index(self.all, lambda workspace: [workspace.name])
        self._environments = _Index(sorted({environment_of(w) for w in self.all} - {""}), lambda name: [name])

    @property
    def environments(self) -> list[str]:
        """The names of the environments that the workspaces are in."""
        return sorted({environment_of(workspace) for workspace in self.all} - {""})

    def find(self, name: str, environment: str | None = None) -> Workspace:
        """Finds a workspace by its name, in an environment where one is given.

        Raises:
            UnknownNameError: There is none, or no such environment.
            AmbiguousNameError: There are several.
        """
        place = None if environment is None else self._environment(environment)
        found = [w for w in self._by_name.find(name) if place is None or environment_of(w) == place]
        where = "" if place is None else f" in environment '{place}'"
        if not found:
            raise UnknownNameError("workspace", f"no workspace '{name}'{where}{self._hint(name, place)}")
        if len(found) == 1:
            return found[0]
        environments = sorted({environment_of(workspace) for workspace in found})
        if len(environments) == len(found):
            reason = (
                f"environments {', '.join(environments)} each have a workspace '{name}': say which with environment"
            )
        else:
            ids = ", ".join(sorted(workspace.id for workspace in found))
            reason = f"{len(found)} workspaces are called '{name}'{where}: say which with workspace_id ({ids})"
        raise AmbiguousNameError("workspace", reason)

    def place(self, id_: str) -> Place:
        """The workspace of an id, with its name, and whether that leads there."""
        workspace = self.by_id.get(id_)
        if workspace is None:
            return Place("", "", id_)
        environment = environment_of(workspace)
        alike = [each for each in self._by_name.find(workspace.name) if environment_of(each) == environment]
        by_name = len(alike) == 1 and _is_plain(workspace.name, environment)
        return Place(environment, workspace.name, id_, by_name)

    def _environment(self, environment: str) -> str:
        found = self._environments.find(environment)
        if not found:
            hint = did_you_mean(near_matches(environment, self.environments)) or "; write its name as in the console"
            raise UnknownNameError("environment", f"no environment '{environment}' with a workspace in it{hint}")
        return found[0]

    def _hint(self, name: str, environment: str | None) -> str:
        elsewhere = sorted({environment_of(workspace) for workspace in self._by_name.find(name)})
        if elsewhere:
            return f"; there is one in {', '.join(elsewhere)}"
        names = [w.name for w in self.all if environment is None or environment_of(w) == environment]
        return (
            _padded(name, names, "workspace_id")
            or did_you_mean(near_matches(name, names))
            or "; check its name in the console, and that the credential sees it (an account with only TMC_OPERATOR sees the "
            "workspaces that it has permissions on)"
        )


class UserNames:
    """The users, by id, login and e-mail address."""

    def __init__(self, users: Iterable[User]) -> None:
        self.all = list(users)
        self.by_id: Mapping[str, User] = {user.id: user for user in self.all}
        self._by_name = _Index(self.all, lambda user: [user.login, user.email])
        self._full_names = Counter(full_name(user).casefold() for user in self.all)

    def shown(self, user: User) -> str:
        """The name of a person as a reader knows them; with the login where several have that name.

        People choose their names themselves: one that could be read as something else is left out.
        """
        name, login = full_name(user), in_one_line(account_label(user))
        if not _PERSON.fullmatch(name):
            return login
        return name if self._full_names[name.casefold()] == 1 else f"{name} ({login})"

    def who(self, id_: str) -> Who:
        """The user of an id, with the name that leads there, else with the login."""
        user = self.by_id.get(id_)
        names = [name for name in (user.login, user.email) if name] if user is not None else []
        leading = [name for name in names if self._by_name.find(name) == [user] and _is_plain(name)]
        person = full_name(user) if user is not None else ""
        return Who(Principal("users", id_), next(iter([*leading, *names]), ""), person, by_name=bool(leading))

    def find(self, name: str) -> User:
        """Finds a user by login or e-mail address.

        Raises:
            UnknownNameError: There is none.
            AmbiguousNameError: The name leads to several accounts.
        """
        found = self._by_name.find(name)
        if not found:
            raise UnknownNameError("user", f"no user '{name}'{self._hint(name)}")
        if len(found) > 1:
            accounts = ", ".join(sorted(_account(user) for user in found))
            raise AmbiguousNameError(
                "user", f"'{name}' leads to {len(found)} accounts: say which with user_id ({accounts})"
            )
        if not found[0].id:
            raise UnknownNameError(
                "user", f"the API lists user '{name}' without an id: run again, and ask Talend's support if it stays"
            )
        return found[0]

    def _hint(self, name: str) -> str:
        wanted = folded(name)
        full = [user for user in self.all if folded(full_name(user)) == wanted]
        if full:
            return did_you_mean([account_label(user) for user in full][:_NEAR_AT_MOST])
        names = {each: each for user in self.all for each in (user.login, user.email) if each}
        padded = _padded(name, names, "user_id")
        if padded:
            return padded
        # A user may be written with what stands before the @ only.
        names.update({each.partition("@")[0]: each for each in list(names) if "@" in each and "@" not in name})
        near = [names[match] for match in near_matches(name, names)]
        return did_you_mean(list(dict.fromkeys(near))) or "; write the login or e-mail address as the console shows it"


def full_name(user: User) -> str:
    """First and last name; empty where neither is known."""
    return " ".join(part for part in (user.first_name, user.last_name) if part)


def _account(user: User) -> str:
    state = {True: ", active", False: ", deactivated", None: ""}[user.active]
    return f"{user.id}: login {user.login or 'unknown'}, e-mail {user.email or 'unknown'}{state}"


class ServiceAccountNames:
    """The service accounts, by id and by name."""

    def __init__(self, accounts: Iterable[ServiceAccount]) -> None:
        self.all = list(accounts)
        self.by_id: Mapping[str, ServiceAccount] = {account.id: account for account in self.all}
        self._by_name = _Index(self.all, lambda account: [account.name])

    def who(self, id_: str) -> Who:
        """The service account of an id, with its name, and whether that leads there."""
        account = self.by_id.get(id_)
        name = account.name if account is not None else ""
        by_name = self._by_name.find(name) == [account] and _is_plain(name)
        return Who(Principal("service-accounts", id_), name, by_name=by_name)

    def find(self, name: str) -> ServiceAccount:
        """Finds a service account by its name.

        Raises:
            UnknownNameError: There is none.
            AmbiguousNameError: There are several.
        """
        found = self._by_name.find(name)
        names = [account.name for account in self.all]
        if not found:
            hint = _padded(name, names, "service_account_id") or did_you_mean(near_matches(name, names))
            raise UnknownNameError(
                "service_account", f"no service account '{name}'{hint or '; check its name in the console'}"
            )
        if len(found) > 1:
            ids = ", ".join(sorted(account.id for account in found))
            raise AmbiguousNameError(
                "service_account",
                f"{len(found)} service accounts are called '{name}': say which with service_account_id ({ids})",
            )
        return found[0]


def unknown_roles(wanted: Iterable[str], roles: Iterable[Role]) -> list[str]:
    """Returns a reason for each of the Talend roles `wanted` that the tenant does not have."""
    names = [role.name for role in roles]
    known = {normalized(name) for name in names}
    return [
        f"no Talend role '{name}'{did_you_mean(near_matches(name, names)) or '; roles are ' + ', '.join(sorted(names))}"
        for name in sorted(wanted)
        if normalized(name) not in known
    ]


def environment_of(workspace: Workspace) -> str:
    """The name of the environment that a workspace is in; empty where the API does not tell."""
    return workspace.environment.name if workspace.environment else ""


def account_label(account: User | ServiceAccount) -> str:
    """What an account is called: a service account's name; a user's login, else the e-mail address, else the id."""
    if isinstance(account, ServiceAccount):
        return account.name
    return account.login or account.email or account.id
