"""What a resource says about its program beside its inputs, and what a program gives before the engine hears of it.

Pulumi reports an argument that it cannot carry, like a set of permissions, long after the line that gave it, with a traceback
in which that line does not stand. So arguments are looked at where the resource is declared.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pulumi
from pulumi.dynamic import Resource

from ..loader import PROGRAM, TABLE, ProviderReference
from ..shadowing import shadowing_files
from .announced import announce, announced_to

_DEFAULTS: Mapping[str, Any] = {"adopt_existing": False, "allow_empty": False}
"""What an input is where it is not given, if that is not None. Neither is declared: state is smaller, and updates are faster."""


class InvalidArgumentError(pulumi.RunError):
    """A resource was declared with an argument that Pulumi cannot carry. The engine shows its one line."""


InvalidArgumentError.__module__ = "pulumi_talend"


class TalendResource(Resource, module="talend", name="Resource"):
    """Base of the resources. A subclass of one of them keeps its type, so that state and review know it."""

    _found: ClassVar[Mapping[str, str]] = {}
    """Outputs that the provider finds, each with the input that it follows from."""

    _lines: Mapping[str, Sequence[str]] = {}
    """The lines of a table that the resource comes from (`model/lines.py`)."""

    def __init_subclass__(cls, *, talend: str = "", **more: Any) -> None:
        inherited = cls._resource_type_name
        super().__init_subclass__(module="talend", name=talend, **more)  # pyright: ignore[reportUnknownMemberType]
        if not talend:
            cls._resource_type_name = inherited

    def _declaration(
        self, name: Any, inputs: Mapping[str, Any], opts: Any, *, computed: Sequence[str] = ()
    ) -> tuple[ProviderReference, str, dict[str, Any], Any]:
        """Returns what the SDK's constructor takes. The SDK writes every frame of a constructor's call into state: one, not two.

        Args:
            name: Its name in the program. A program without a type checker may give anything.
            inputs: Its inputs.
            opts: Pulumi's resource options.
            computed: Inputs of which the check has to know whether they come from another resource.

        Raises:
            InvalidArgumentError: An argument is not valid.
        """
        type_name = self._resource_type_name.rpartition(":")[2]
        _warn_of_shadowing(os.getcwd())
        refuse_options(type_name, name, opts)
        for key, value in inputs.items():
            problem = _problem(value, key)
            if problem:
                raise InvalidArgumentError(f"{type_name} '{name}': {problem}.")
        facts: dict[str, Any] = {
            "preview": pulumi.runtime.is_dry_run(),
            "organization": pulumi.get_organization(),
            "computed": {key: _comes_from_resource(inputs.get(key)) for key in computed},
        }
        if "workspace_id" in inputs:
            announce(self, inputs)
        if "grants" in inputs and inputs["exclusive"] is not True:
            facts["elsewhere"] = announced_to(self, inputs)
        # The SDK watches every property until the resource is done, again each time that one is: at 1,000 grants the inputs
        # that are not given made up most of the program's time.
        self._not_given = {
            key: value
            for key, value in inputs.items()
            if value is _DEFAULTS.get(key) and inputs.get(self._found.get(key, "")) is None
        }
        properties = {
            key: _without_null(value, f"{type_name} '{name}': {key}")
            for key, value in inputs.items()
            if key not in self._not_given
        }
        hidden = {PROGRAM: facts, **({TABLE: self._lines} if self._lines else {})}
        return ProviderReference(type_name), name, {**properties, **hidden}, opts

    if not TYPE_CHECKING:  # for a type checker, the annotations of the classes say what there is

        def __getattr__(self, name: str) -> Any:
            """The output of an input that was not given."""
            not_given = self.__dict__.get("_not_given", {})
            if name in not_given:
                return pulumi.Output.from_input(not_given[name])
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


_SDK_FRAMES = 5
"""The SDK's own calls between a resource's constructor and the place where it takes the stack trace."""


@contextmanager
def short_stack_trace() -> Generator[None]:
    """Keeps what is not the program's out of the stack trace that the SDK writes into the state of a resource, within the block.

    Of its usual 15 lines the program has 1 to 4; the others are Pulumi's and Python's. They make up half of a resource's state,
    all of which the engine writes after each operation: at 1,000 grants that is most of the time of an update.
    """
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage] - of the constructor
    frames = 1
    while frame.f_back is not None and not (
        frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") == "__main__"
    ):
        frame = frame.f_back
        frames += 1
    before: int | None = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = _SDK_FRAMES + frames
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before


def refuse_options(type_name: str, name: Any, opts: Any) -> None:
    """Refuses a name or resource options that Pulumi would take wrongly, or pass over. Raises InvalidArgumentError."""
    if not isinstance(name, str) or not name:
        raise InvalidArgumentError(
            f"{type_name}: the first argument is the resource's name in the program and must be text, not {_kind(name)}; "
            f'write {type_name}("some-name", ...).'
        )
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise InvalidArgumentError(
            f"{type_name} '{name}': opts cannot be {_kind(opts)}; write opts=pulumi.ResourceOptions(...)."
        )
    if opts is not None and opts.import_ is not None:
        raise InvalidArgumentError(
            f"{type_name} '{name}': Pulumi cannot import dynamic resources with import_=. Use `talend-access adopt`, which "
            "writes the file for `pulumi import --file`."
        )
    if opts is not None and opts.id is not None:
        raise InvalidArgumentError(
            f"{type_name} '{name}': with id= Pulumi reads an object and manages nothing. Remove it; for what exists already, use "
            "`talend-access adopt`."
        )


@functools.cache  # once for all resources
def _warn_of_shadowing(directory: str) -> None:
    """Names files that Pulumi's provider host would import in place of Python's: it may not even start, and cannot say why."""
    if found := shadowing_files(directory):
        pulumi.log.warn(
            f"{', '.join(found)} in {directory} has the name of a module of Python, and is imported in its place by Pulumi's "
            "provider host. Rename it: packages that need Python's module fail."
        )


async def _depends_on_resource(output: pulumi.Output[Any]) -> bool:
    return bool(await output.resources())


def _comes_from_resource(value: object) -> Any:
    """Whether a value is another resource's output."""
    return _depends_on_resource(cast("pulumi.Output[Any]", value)) if isinstance(value, pulumi.Output) else False


def _without_null(value: Any, where: str, *, is_optional: bool = True) -> Any:
    """`value`, with a check of every output in it that null is nowhere inside: Pulumi would leave the entry out, silently.

    `is_optional` says whether `value` itself may be null.
    """
    if isinstance(value, pulumi.Output):
        return cast("pulumi.Output[Any]", value).apply(lambda found: _checked(found, where, is_optional=is_optional))
    if isinstance(value, Mapping):
        return {
            key: _without_null(item, f"{where}[{key!r}]", is_optional=key == "expires_at")
            for key, item in cast("Mapping[str, Any]", value).items()
        }
    return value


def _checked(value: Any, where: str, *, is_optional: bool) -> Any:
    if value is None and not is_optional:
        raise InvalidArgumentError(f"{where} is null (None); write its value, or remove the entry.")
    if isinstance(value, (Mapping, list, tuple)) and (problem := _problem(cast("object", value), where)):
        raise InvalidArgumentError(f"{problem}.")
    return cast("object", value)


def _problem(value: object, where: str) -> str:
    """What is wrong with a value that Pulumi cannot carry as it is; empty where it can."""
    if value is None or isinstance(value, (bool, int, float, str, pulumi.Output)) or inspect.isawaitable(value):
        return ""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            if not isinstance(key, str):
                return f"{where} has the key {_kind(key)}; write text as keys"
            if item is None and key != "expires_at":
                return f"{where}[{key!r}] is null (None); write its value, or remove the entry"
            if problem := _problem(item, f"{where}[{key!r}]"):
                return problem
        return ""
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        for item in cast("Sequence[object]", value):
            if item is None:
                return f"an item of {where} is null (None); remove it"
            if problem := _problem(item, f"an item of {where}"):
                return problem
        return ""
    if isinstance(value, pulumi.Resource):
        return f"{where} is a resource ({type(value).__name__}); write one of its properties, like its .id"
    instead = "list, like sorted(...)" if hasattr(value, "__iter__") else "text or a list"
    return f"{where} cannot be {_kind(value)}; write {instead if 'text' in instead else 'a ' + instead}"


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "an empty text"
    return "nothing" if value is None else f"of type {type(value).__name__}"
