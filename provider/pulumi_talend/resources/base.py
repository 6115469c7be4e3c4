"""What the resource providers share: settings to client, inputs to reasons, exceptions to one-line messages.

The engine runs providers in its dynamic host, a process of its own; the program that declares resources only imports this
module. What takes time to import (the HTTP client, pydantic) is therefore imported where it is used.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from .. import debuglog
from .claims import DECLARATION, without_declaration
from .host_threads import widen_host
from .process import claims_on, forget_tenants, journal_on, tenant_for
from .reporting import check_failures, needed, own_name, reported, say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Target
    from ..api import ConfigurationError, Problem, Settings
    from .claims import Claim, Holder, Scope
    from .inputs import Inputs

__all__ = ["TalendProvider", "finished_note", "forget_tenants", "tenant_for"]

R = TypeVar("R")
I = TypeVar("I", bound="Inputs")  # noqa: E741 - inputs


def finished_note(what: str) -> str:
    """What to say where `what` stands as an earlier run of its own resource had begun to create it."""
    return f"{what} was created by an update of this stack that was cut off: this one finishes it"


class TalendProvider(ResourceProvider, Generic[I]):
    """A dynamic resource provider whose subclasses say what to do, in the `_...` methods below.

    It keeps nothing when it is pickled, so all resources of a type share one provider, pickled by reference.
    """

    serialize_as_secret_always = False

    def _inputs_type(self) -> type[I]:
        """The model of the resource's inputs."""
        raise NotImplementedError

    def _resolve(self, _olds: Mapping[str, Any], inputs: I) -> I:
        """`inputs` with the ids of what they name. Raises Unresolved or TalendError."""
        return inputs

    def _claims(self, inputs: I) -> Iterable[Claim]:
        """What the resource speaks for, as far as it is known."""
        raise NotImplementedError

    def _clash(self, claim: Claim, other: Holder) -> Problem:
        """What to say where another resource speaks for the same as this one."""
        raise NotImplementedError

    def _conflict(self, _tenant: TenantAccess, _inputs: I) -> Problem | None:
        """Why `inputs` cannot be created, as the tenant is now."""
        return None

    def _refusals(self, tenant: TenantAccess, inputs: I) -> list[Problem]:
        """What the tenant would refuse about `inputs`, as far as it tells."""
        raise NotImplementedError

    def _create(self, tenant: TenantAccess, inputs: I) -> str:
        """Creates the object; returns its id."""
        raise NotImplementedError

    def _read(self, tenant: TenantAccess, _id: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        """The properties that the tenant has now, None where the object is gone; `kept` are those in state."""
        raise NotImplementedError

    def _update(self, tenant: TenantAccess, _olds: Mapping[str, Any], inputs: I) -> None:
        """Makes the object as `inputs` say; `olds` are the properties in state."""
        raise NotImplementedError

    def _delete(self, tenant: TenantAccess, _id: str, _kept: Mapping[str, Any]) -> None:
        """Removes the object; `kept` are the properties in state."""
        raise NotImplementedError

    def _held(self, kept: Mapping[str, Any]) -> Iterable[Target]:
        """What the properties in state say that the resource has made, one by one."""
        raise NotImplementedError

    def _foretell(self, _olds: Mapping[str, Any], inputs: I) -> I:
        """`inputs` with what the change would do to the tenant beyond them. Raises Unresolved where that is refused."""
        return inputs

    def _is_declared(self, scope: Scope, target: Hashable) -> bool:
        """Whether the program that runs now declares a resource for `target`.

        What such a resource has just made must survive the end of another one that held the same before: after a rename
        without alias the engine deletes the old resource last.
        """
        return self._settings is not None and claims_on(self._settings).holds(scope, target)

    def _announce(self, tenant: TenantAccess) -> None:
        """Tells the tenant's line of writers that a change was checked, so that a write will probably follow."""
        raise NotImplementedError

    def configure(self, req: ConfigureRequest) -> None:
        """Called once a process, with the stack's configuration. Wrong settings are kept for `check` to report.

        Raises MissingPackageError where the project's Python lacks what the provider needs.
        """
        # The host shows exceptions as tracebacks, of which this leaves the one line that says something.
        sys.tracebacklimit = 0
        needed(lambda: importlib.import_module("..api", __package__))
        debuglog.start("host", say)
        debuglog.remember(req.config.get(f"talend:{name}") for name in ("token", "clientSecret"))
        reported("configure", lambda: self._configured(req))

    def _configured(self, req: ConfigureRequest) -> None:
        from ..api import ConfigurationError, resolve_settings
        from .guard import removal_limit

        widen_host()
        self._foretold: set[str] = set()
        self._settings: Settings | None = None
        self._configuration_error: ConfigurationError | None = None
        try:
            self._most_removals = removal_limit(req.config.get, os.environ)
            self._settings = resolve_settings(req.config.get, os.environ)
        except ConfigurationError as error:
            self._configuration_error = error

    def _tenant(self) -> TenantAccess:
        if self._settings is None:
            assert self._configuration_error is not None  # noqa: S101 - configure sets one of the two
            raise self._configuration_error
        return tenant_for(self._settings)

    def _has_ended(self, expires_at: str | None, what: Callable[[], str]) -> bool:
        """Whether access until `expires_at` is over. Within the last days before, says that `what` will end."""
        from ..api import ConfigurationError, Problem
        from .expiry import CLOCK_VARIABLE, ending_note, has_ended, moment, now

        if expires_at is None or expires_at == UNKNOWN:
            return False
        assert self._settings is not None  # noqa: S101 - the settings are checked before the inputs
        try:
            at = now(self._settings.base_url)
        except ValueError as error:
            raise ConfigurationError([Problem(CLOCK_VARIABLE, str(error))]) from None
        if moment(expires_at) > at and (note := ending_note("", expires_at, at)):
            say(what() + note)
        return has_ended(expires_at, at)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validates the inputs, and what is new or changed against the tenant; settings that are wrong show here."""
        return self._reported(
            "check", own_name(news), lambda: self._checked(_marked(_olds), _marked(news)), self._log_check
        )

    def _log_check(self, result: CheckResult) -> None:
        for failure in result.failures:
            debuglog.logger.debug("refused: %s: %s", failure.property, failure.reason)

    def _checked(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        from ..api import TalendError
        from .inputs import parse
        from .naming import Unresolved

        given = {name: value for name, value in without_declaration(news).items() if value is not None}
        problems: list[Problem] = list(self._configuration_error.problems) if self._configuration_error else []
        extra = self._settings.extra_permissions if self._settings else ()
        inputs = parse(self._inputs_type(), given, extra_permissions=extra)
        if isinstance(inputs, list):
            return CheckResult(given, check_failures([*problems, *inputs]))
        if problems:
            return CheckResult(given, check_failures(problems))
        try:
            self._settle(olds)
            inputs = self._resolve(olds, inputs)
            problems = [*self._clashes(news, inputs), *self._preflight(olds, inputs)]
            if not problems:
                inputs = self._foretell(olds, inputs)
                self._foretold.add(self._prophecy(inputs.as_properties()))
        except Unresolved as error:
            return CheckResult(given, check_failures(error.problems))
        except TalendError as error:
            return CheckResult(given, [CheckFailure("", str(error))])
        return CheckResult(inputs.as_properties(), check_failures(problems))

    def _settle(self, kept: Mapping[str, Any]) -> None:
        """Tears up the notes of what state has: it was created, and is recorded."""
        if kept and self._settings is not None:
            journal_on(self._settings).forget(self._held(kept))

    def _is_foretold(self, news: Mapping[str, Any]) -> bool:
        """Whether a check of this very run foretold that `news` take or give back what they do not say themselves.

        What the last update foretold stands in state until the next one, and is no difference any more.
        """
        foretold = any(news.get(name) for name in self._inputs_type().foretold)
        return foretold and self._prophecy(news) in self._foretold

    def _prophecy(self, properties: Mapping[str, Any]) -> str:
        told = (*self._inputs_type().identity, *self._inputs_type().foretold)
        return json.dumps([properties.get(name) for name in told], sort_keys=True)

    def _clashes(self, news: Mapping[str, Any], inputs: I) -> list[Problem]:
        """Other resources of this run that speak for the same."""
        assert self._settings is not None  # noqa: S101 - checked by the caller
        clashes = claims_on(self._settings).make(news.get(DECLARATION), self._claims(inputs))
        return [self._clash(claim, other) for claim, other in clashes.items()]

    def _preflight(self, olds: dict[str, Any], inputs: I) -> list[Problem]:
        """Looks at the tenant before the engine shows its plan, so that no good preview becomes an update that fails.

        Only for what is new or changed, so a preview without changes makes no call.
        """
        from .inputs import is_unknown

        if not self._differs(olds, inputs):
            return []
        tenant = self._tenant()
        self._announce(tenant)
        if any(is_unknown(getattr(inputs, name)) for name in inputs.identity):
            return []
        problems = self._refusals(tenant, inputs)
        conflict = self._conflict(tenant, inputs)
        is_new = not olds or self._replaced(olds, inputs.as_properties())
        return [*problems, conflict] if conflict and is_new else problems

    def _differs(self, olds: Mapping[str, Any], inputs: I) -> bool:
        return not olds or self._access_changed(olds, inputs.as_properties())

    def _replaced(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        return [name for name in self._inputs_type().identity if olds.get(name) != news.get(name)]

    def _access_changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        if self._replaced(olds, news):
            return True
        return any(_as_set(olds.get(name)) != _as_set(news.get(name)) for name in self._inputs_type().sets)

    def _changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return self._access_changed(olds, news) or any(
            olds.get(name) != news.get(name) for name in self._inputs_type().notes
        )

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Another identity is a replacement, another set or name an update; order and `adopt_existing` are no change."""
        return self._reported("diff", _id, lambda: self._diffed(_marked(_olds), _marked(_news)))

    def _diffed(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaced = self._replaced(olds, news)
        return DiffResult(
            changes=self._changed(olds, news),
            replaces=replaced,
            # Another object: create first, so that nobody is without access. The same one (a replacement that the user
            # forces): it has to go before it can be created.
            delete_before_replace=not replaced,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Creates the object and verifies it. Raises TalendError."""
        return self._reported("create", "", lambda: self._created(props))

    def _created(self, props: dict[str, Any]) -> CreateResult:
        inputs = self._valid(props)
        return CreateResult(self._create(self._tenant(), inputs), inputs.as_outputs())

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the tenant has now, also as inputs so that drift shows with its property. Raises TalendError."""
        return self._reported("read", id_, lambda: self._read_back(id_, props))

    def _read_back(self, id_: str, props: dict[str, Any]) -> ReadResult:
        kept = {name: value for name, value in props.items() if name != "__provider"}
        found = self._read(self._tenant(), id_, kept)
        self._settle(kept)
        if found is None:
            return ReadResult("", {})
        for name in self._inputs_type().sets:
            if _as_set(found[name]) == _as_set(kept.get(name)):
                found[name] = kept[name]  # the same set in the order that state has it: no difference
        # Without drift the inputs of a set stay as they are, with what was foretold in them: no difference to show.
        stays = bool(self._inputs_type().foretold) and found == kept
        return ReadResult(id_, dict(found), inputs=None if stays else dict(found))

    def _kept_notes(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        return {name: kept[name] for name in self._inputs_type().notes if kept.get(name) is not None}

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Makes the object as the program says, whatever it is now, and verifies it. Raises TalendError."""
        return self._reported("update", _id, lambda: self._updated(_olds, _news))

    def _updated(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        inputs = self._valid(news)
        if self._access_changed(olds, news):  # else it is only called by another name
            self._update(self._tenant(), olds, inputs)
        return UpdateResult(inputs.as_outputs())

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Removes the object; one that is gone already is fine. Raises TalendError."""
        self._reported("delete", _id, lambda: self._deleted(_id, _props))

    def _deleted(self, id_: str, props: Mapping[str, Any]) -> None:
        self._settle(props)
        self._delete(self._tenant(), id_, props)

    def _reported(
        self, verb: str, which: str, work: Callable[[], R], log_result: Callable[[R], None] | None = None
    ) -> R:
        """As `reported`, of an operation of this resource; the debug log hears when it begins and that it ends."""
        if debuglog.current_file() is None:
            return reported(verb, work)
        what = f"{verb} {type(self).__name__.removesuffix('Provider')} {which}".rstrip()
        debuglog.logger.debug("%s begins", what)
        result = reported(what, work)
        if log_result is not None:
            log_result(result)
        debuglog.logger.debug("%s is done", what)
        return result

    def _valid(self, props: Mapping[str, Any]) -> I:
        from ..api import ConfigurationError
        from .inputs import parse

        extra = self._settings.extra_permissions if self._settings else ()
        inputs = parse(self._inputs_type(), props, extra_permissions=extra, checked=True)
        if isinstance(inputs, list):
            raise ConfigurationError(inputs)
        return inputs


def _as_set(value: Any) -> Any:
    if isinstance(value, list):
        return frozenset(cast("list[Any]", value))
    return value


def _marked(value: Any) -> Any:
    """`value` with the engine's own mark wherever the SDK says that something is not known yet.

    The SDK reads the mark as an object but does not know how to write that object back.
    """
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _marked(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_marked(item) for item in cast("list[Any]", value)]
    return value
