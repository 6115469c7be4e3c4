"""What all providers share: from Pulumi's calls to typed inputs, and from problems and errors to messages.

A provider keeps nothing: what the process knows is in its `Session`. A check plans, and what it plans beyond the program's own
properties travels in the inputs; `diff` is a function of its arguments; create, update and delete carry out plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

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

from .. import debuglog
from ..access import TenantAccess
from ..access.directory import Directory
from ..dynamic_host import current_inputs, current_urn, end_with_engine, show_errors_in_one_line, widen_thread_pool
from ..errors import ConfigurationError, TalendError
from ..loader import PROGRAM, TABLE, ProviderReference
from ..model.expiry import ends_soon, has_ended
from ..model.inputs import Inputs, as_set
from ..model.lines import lines_of
from ..model.parsing import parse
from ..model.planning import NOTHING, Access
from ..model.problems import Problem, ProblemsError
from ..model.state import StateValueError, parse_recorded
from ..model.unknown import UNKNOWN, is_unknown
from .claims import Claim, Manager, name_of
from .reporting import Program, naming_its_line, reported
from .session import SESSIONS, Session

I = TypeVar("I", bound=Inputs)  # noqa: E741 - inputs

PLAN_NUMBER = "__plan"
"""A hidden input that counts the plans beyond the program's properties (`removes`, `restores`): one that outputs have is done."""


class TalendProvider(ResourceProvider, Generic[I]):
    """A dynamic resource provider. Subclasses implement the methods that raise NotImplementedError."""

    serialize_as_secret_always = False
    type_name: str
    inputs_type: type[I]

    def __reduce__(self) -> tuple[Any, ...]:
        return ProviderReference(self.type_name).__reduce__()

    @property
    def tenant(self) -> TenantAccess:
        """The tenant's access. Raises ConfigurationError where the settings are not valid."""
        return self.session.tenant

    @property
    def directory(self) -> Directory:
        """What people call the tenant's users, service accounts and workspaces, with their ids."""
        return self.session.tenant.directory

    # What subclasses implement

    def _resolve(self, olds: Mapping[str, Any], inputs: I, say: Callable[[str], None]) -> I:
        """Returns `inputs` with ids, and without what has ended. Raises ProblemsError or TalendError."""
        raise NotImplementedError

    def _claims(self, inputs: I) -> Iterable[Claim]:
        """What the resource manages, as far as it is known."""
        raise NotImplementedError

    def _clash(self, claim: Claim, other: Manager) -> Problem:
        """The reason where another resource manages the same."""
        raise NotImplementedError

    def _ends(self, inputs: I) -> Mapping[str, str | None]:
        """The ends that the program gives, by how the principal is written; `WHOLE` for the end of the resource itself."""
        del inputs
        return {}

    def _planned(self, urn: str, olds: Mapping[str, Any], inputs: I, program: Program, say: Callable[[str], None]) -> I:
        """Plans the change; returns `inputs` with what it does beyond them, and says what it does.

        Raises:
            ProblemsError: The change is refused.
        """
        raise NotImplementedError

    def _create(self, urn: str, inputs: I) -> str:
        """Creates the object; returns its id."""
        raise NotImplementedError

    def _read(self, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        """The properties that the tenant has now, None where the object is gone; `kept` are those in state, perhaps damaged.

        Raises:
            StateValueError: They are so damaged that it is not known what the resource has.
        """
        raise NotImplementedError

    def _update(self, urn: str, olds: Mapping[str, Any], inputs: I) -> None:
        """Makes the object as `inputs` say; `olds` are the properties in state."""
        raise NotImplementedError

    def _delete(self, urn: str, id_: str, kept: Mapping[str, Any]) -> None:
        """Removes the object; `kept` are the properties in state."""
        raise NotImplementedError

    # What Pulumi calls

    def configure(self, req: ConfigureRequest) -> None:
        """Called once a process and provider, with the stack's configuration. Wrong settings are kept for `check`."""
        show_errors_in_one_line()
        end_with_engine()
        debuglog.start("host", lambda message: print(f"talend: {message}", flush=True))
        debuglog.remember(req.config.get(f"talend:{name}") for name in ("token", "clientSecret"))
        reported("configure", lambda: self._configured(req.config.get))

    def _configured(self, config: Callable[[str], object]) -> None:
        widen_thread_pool()
        self.session: Session = SESSIONS.configured(config)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validates the inputs, and plans what is new or changed; wrong settings show here."""
        return reported(f"check {self.type_name}", lambda: self._checked(current_urn(), _marked(_olds), _marked(news)))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Another identity is a replacement, other access, labels or a new plan an update."""
        return reported(f"diff {self.type_name}", lambda: self._diffed(_marked(_olds), _marked(_news)), _id)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Creates the object and verifies it. Raises TalendError."""

        def work() -> CreateResult:
            inputs = self._valid(props)
            with naming_its_line(inputs):
                id_ = self._create(current_urn(), inputs)
            return CreateResult(id_, self._outputs(inputs, props))

        return reported(f"create {self.type_name}", work)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Returns what the tenant has now, also as inputs so that drift shows with its property. Raises TalendError."""
        return reported(f"read {self.type_name}", lambda: self._read_back(id_, props), id_)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Makes the object as the program says, and verifies it. Raises TalendError."""

        def work() -> UpdateResult:
            inputs = self._valid(_news)
            if self._access_changes(_olds, _news):  # else only labels change
                with naming_its_line(inputs):
                    self._update(current_urn(), _olds, inputs)
            return UpdateResult(self._outputs(inputs, _news))

        return reported(f"update {self.type_name}", work, _id)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Removes the object; one that is gone already is fine. Raises TalendError."""

        def work() -> None:
            self.session.journal.forget(self._kept(_props, _id))
            self._delete(current_urn(), _id, _props)

        reported(f"delete {self.type_name}", work, _id)

    # How

    def _kept(self, olds: Mapping[str, Any], id_: str = "") -> dict[Any, Access]:
        """What state says that the resource has, without what has ended. `id_`: its id there. Raises TalendError."""
        if all(name.startswith("__") for name in olds):  # nothing is in state yet
            return {}
        try:
            recorded = parse_recorded(self.inputs_type, olds)
            if id_ and recorded.recorded_id not in {None, id_}:
                raise StateValueError("id", f"is {ascii(id_)[:100]}, which is not that of the other properties")  # noqa: TRY301
            _plan_number(olds)
        except StateValueError as error:
            raise self._damaged(error, "Run `pulumi refresh`. If that does not repair it, run") from None
        return {target: access for target, access in recorded.wanted.items() if access.rights != NOTHING}

    def _damaged(self, error: StateValueError, advice: str) -> TalendError:
        """The error where somebody has edited the state. The access stays until the program takes it over again."""
        again = " with adopt_existing=True" if "adopt_existing" in self.inputs_type.model_fields else ""
        return TalendError(
            f"the state of the resource is damaged ({error})",
            advice=f"{advice} `pulumi state delete '{current_urn()}'`, and let the program take its access over{again}.",
        )

    def _checked(self, urn: str, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        program = self._program(news)
        given = {name: value for name, value in news.items() if value is not None and not name.startswith("__")}
        inputs, problems = self._parsed(given, olds)
        problems = [*self.session.problems, *problems]
        try:
            if self.session.settings is None:
                return CheckResult(given, program.failures(problems))
            said: list[str] = []
            held = self._kept(olds) if olds else None
            self.session.claims.note_state(urn, held)
            self.session.journal.forget(held or ())
            if inputs is not None:
                resolved = self._resolve(olds, inputs, said.append)
                if not problems:
                    clashes = self.session.claims.make(urn, self._claims(resolved))
                    problems = [self._clash(claim, other) for claim, other in clashes.items()]
                if not problems:
                    planned_lines: list[str] = []
                    program = replace(program, ended=self._ended(inputs))
                    planned = self._planned(urn, olds, resolved, program, planned_lines.append)
                    if self.session.claims.is_replacement(urn):
                        planned_lines.clear()  # the first check has said them, with what the resource leaves
                    self._show(urn, program, [*planned_lines, *said])
                    lines = {TABLE: news[TABLE]} if program.lines else {}
                    return CheckResult({**self._with_plan_number(olds, planned), **lines}, [])
        except ProblemsError as error:
            problems = [*problems, *error.problems]
        except ConfigurationError as error:
            problems = [*problems, *error.problems]
        except TalendError as error:
            debuglog.log_error(f"check {self.type_name} {name_of(urn)}", error)
            return CheckResult(given, [*program.failures(problems), CheckFailure("", str(error))])
        return CheckResult(given, program.failures(dict.fromkeys(problems)))

    def _parsed(self, given: Mapping[str, Any], olds: Mapping[str, Any]) -> tuple[I | None, list[Problem]]:
        """The inputs and what is wrong with them; properties that are not valid count as unknown, so that the names in the others
        are checked in the same round."""
        extra = self.session.extra_permissions
        # With `ignore_changes` the engine gives what the last check has made.
        ended = {
            name
            for name in self.inputs_type.ending
            if not given.get(name) and given.get(name) == olds.get(name, UNKNOWN)
        }
        parsed = parse(self.inputs_type, given, extra_permissions=extra, ended=ended)
        if not isinstance(parsed, list):
            return parsed, []
        wrong = {problem.where for problem in parsed}
        rest = parse(self.inputs_type, {**given, **dict.fromkeys(wrong & set(given), UNKNOWN)}, extra_permissions=extra)
        return (None if isinstance(rest, list) else rest), parsed

    def _program(self, news: Mapping[str, Any]) -> Program:
        said: Any = news.get(PROGRAM)
        lines = lines_of(news.get(TABLE))
        if not isinstance(said, dict):
            return Program(lines=lines)
        facts = cast("dict[str, Any]", said)
        self.session.organization = str(facts.get("organization") or self.session.organization)
        inputs = cast("dict[str, Any]", facts.get("computed") or {})
        computed = frozenset(name for name, value in inputs.items() if value is True)
        elsewhere = cast("list[Mapping[str, str]]", facts.get("elsewhere") or [])
        return Program(preview=facts.get("preview") is True, computed=computed, lines=lines, elsewhere=elsewhere)

    def _show(self, urn: str, program: Program, said: list[str]) -> None:
        """Shows on the resource's row what changes, in a preview alone: once, not twice in an update."""
        if not program.preview or self.session.settings is None:
            return
        if said:
            separator = "\n" if any("\n" in text for text in said) else "; "
            self.session.say(separator.join(said), urn=urn)
        for warning in self.session.settings.warnings:
            self.session.say(str(warning), severity="warning")

    def _with_plan_number(self, olds: Mapping[str, Any], inputs: I) -> dict[str, Any]:
        properties = inputs.as_properties()
        if self.inputs_type.planned:
            number = _plan_number(olds)
            has_plan = any(properties.get(name) for name in self.inputs_type.planned)
            properties[PLAN_NUMBER] = number + 1 if has_plan else number
        return properties

    def _outputs(self, inputs: I, news: Mapping[str, Any]) -> dict[str, Any]:
        outputs = inputs.as_outputs()
        if PLAN_NUMBER in news:
            outputs[PLAN_NUMBER] = _plan_number(news)
        return outputs

    def _replaced(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        return [name for name in self.inputs_type.identity if olds.get(name) != news.get(name)]

    def _access_changes(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        if self._replaced(olds, news):
            return True
        if self.inputs_type.differ(olds, news):
            return True
        # A plan that the outputs do not have yet. What the last update planned stays in the inputs, and is done.
        has_plan = any(news.get(name) for name in self.inputs_type.planned)
        return has_plan and news.get(PLAN_NUMBER) != olds.get(PLAN_NUMBER)

    def _diffed(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        labels = any(olds.get(name) != news.get(name) for name in self.inputs_type.labels)
        return DiffResult(
            changes=self._access_changes(olds, news) or labels,
            replaces=self._replaced(olds, news),
            # First the new one, so that nobody is without access; of the same object, the old one then leaves it in place.
            delete_before_replace=False,
        )

    def _read_back(self, id_: str, props: dict[str, Any]) -> ReadResult:
        kept = {name: value for name, value in props.items() if name != "__provider"}
        try:
            found = self._read(id_, kept)
        except StateValueError as error:
            raise self._damaged(error, "Run") from None
        if found is None:
            return ReadResult("", {})
        if self.inputs_type.planned and PLAN_NUMBER in found:
            found[PLAN_NUMBER] = _plan_number(found, default=0)
        self.session.journal.forget(self._kept(found))
        for name in self.inputs_type.access:
            if name in found and as_set(found[name]) == as_set(kept.get(name)):
                found[name] = kept[name]  # the same set in the order that state has: no difference
        # Without drift the inputs of a set stay as they are, with the last plan in them: no difference to show.
        stays = bool(self.inputs_type.planned) and found == kept and self._are_valid(current_inputs())
        return ReadResult(id_, dict(found), inputs=None if stays else dict(found))

    def _are_valid(self, inputs: Mapping[str, Any]) -> bool:
        try:
            self._kept(inputs)
        except TalendError:
            return False
        return True

    def _valid(self, props: Mapping[str, Any]) -> I:
        inputs = parse(self.inputs_type, props, extra_permissions=self.session.extra_permissions, checked=True)
        if isinstance(inputs, list):
            raise ConfigurationError(inputs)
        return inputs.with_lines(lines_of(props.get(TABLE)))

    def _has_ended(self, expires_at: str | None, what: Callable[[], str], say: Callable[[str], None]) -> bool:
        """Whether access is over. Within the last days before, says so."""
        if expires_at is None or is_unknown(expires_at):
            return False
        now = self.session.time_for(expires_at)
        if left := ends_soon(expires_at, now):
            say(f"{what()} ends at {expires_at}, {left}; write a later expires_at if it should stay")
        return has_ended(expires_at, now)

    def _ended(self, inputs: I) -> dict[str, str]:
        ends = {name: end for name, end in self._ends(inputs).items() if end is not None and not is_unknown(end)}
        return {name: end for name, end in ends.items() if has_ended(end, self.session.time_for(end))}


def _plan_number(properties: Mapping[str, Any], *, default: int | None = None) -> int:
    """The number of the last plan. Raises StateValueError where it is no number and there is no default."""
    number: Any = properties.get(PLAN_NUMBER, 0)
    if isinstance(number, (int, float)) and number == int(number):
        return int(number)
    if default is None:
        raise StateValueError(PLAN_NUMBER, "is not a number")
    return default


def _marked(value: Any) -> Any:
    """`value` with the engine's own mark wherever the SDK says that something is not known yet.

    The SDK reads the mark as an object but cannot write that object back.
    """
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _marked(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_marked(item) for item in cast("list[Any]", value)]
    return value
