"""The stable name by which a stack's state finds its provider.

State keeps a pickle of the provider of every resource. Ours is a call of `provider` below with the resource's type name: as
long as this module and that function keep their names, every other module may move. `tests/resources/test_loader.py` holds
the bytes.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider  # pyright: ignore[reportUnknownVariableType]

from .dynamic_host import OneLineError, show_errors_in_one_line
from .shadowing import shadow_behind

TYPE_NAMES = ("WorkspacePermission", "RoleMapping", "WorkspaceAccess", "RoleMappings")

TYPE_PREFIX = "pulumi-python:dynamic/talend:"
"""Before the name of a resource type in every state, plan and preview."""

PROGRAM = "__program"
"""The hidden input in which a resource says whether this is a preview, and what it computes. The check takes it out again."""

TABLE_TYPE = "talend:index:AccessTable"
"""The type of the component that a table of access is."""

TABLE = "__table"
"""The hidden input with the lines of the table that a resource comes from (`model/lines.py`). It stays in state, and is never
compared: a line that moves changes nothing."""


def own_provider(reference: object) -> str:
    """The name of the `pulumi.ProviderResource` that runs a resource; empty for Pulumi's default provider.

    Args:
        reference: The provider as a preview or a state names it: its URN, `::` and its id. Anything else names none.
    """
    urn = reference.rpartition("::")[0] if isinstance(reference, str) else ""
    return "" if urn.endswith("::pulumi:providers:pulumi-python::default") else urn.rpartition("::")[2]


class MissingPackageError(OneLineError):
    """A package that pulumi-talend needs is missing or broken."""


MissingPackageError.__module__ = "pulumi_talend"


def missing_package(error: ImportError | AttributeError) -> MissingPackageError:
    """The error where a package that pulumi-talend needs cannot be imported. Raises `error` where it is another one."""
    if shadow := shadow_behind(error):
        return MissingPackageError(
            f"pulumi-talend cannot run: {shadow} has the name of a module of Python, and is imported in its place. Rename it."
        )
    if isinstance(error, AttributeError):
        raise error
    name = (error.name or "").partition(".")[0]
    return MissingPackageError(
        f"pulumi-talend cannot run in {sys.executable}: the package '{name or error}' is missing or broken. Install "
        "pulumi-talend again in the project's virtual environment (`pulumi install`, where it has a requirements.txt)."
    )


class ProviderReference(ResourceProvider):
    """What a program hands to the engine for a provider: its name."""

    serialize_as_secret_always = False

    def __init__(self, type_name: str) -> None:
        super().__init__()
        self._type_name = type_name

    def __reduce__(self) -> tuple[Any, ...]:
        return provider, (self._type_name,)


def provider(type_name: str) -> ResourceProvider:
    """Returns the provider of a resource type. Called by the dynamic host, as the pickle in state says.

    Raises:
        MissingPackageError: A package that the provider needs cannot be imported.
    """
    show_errors_in_one_line()
    try:
        # Imported by the host alone: what it needs (httpx, pydantic) would cost a program 150 ms.
        room = importlib.import_module(".provider", __package__)
    except (ImportError, AttributeError) as error:
        raise missing_package(error) from None
    made: ResourceProvider = room.PROVIDERS[type_name]()
    return made


def pickled(type_name: str) -> str:
    """Returns the property `__provider` of a resource of this type, as it is in every program and state."""
    return serialize_provider(ProviderReference(type_name))
