"""Deletes the journal entries of what the engine has recorded in state.

The provider notes what it is about to create, so that an interrupted update is finished by the next one. It never hears that the
engine has recorded the result; the program does, since its resource is registered only then. An entry that stayed would count for
a resource that has left the state in another way: `pulumi state move` or `delete`, `retain_on_delete`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from ..journal_files import delete_entries, journal_directory, owner_texts


@dataclass
class _Run:
    """The resources of one run of a program."""

    urns: set[str] = field(default_factory=set[str])
    """Those that are recorded."""
    pending: int = 0
    """How many others are declared."""


_runs: WeakKeyDictionary[pulumi.Resource, _Run] = WeakKeyDictionary()


def forget_when_recorded(resource: pulumi.CustomResource, environ: Mapping[str, str] = os.environ) -> None:
    """Deletes the entries of a resource once it is recorded, together with those of all others that are declared by then."""
    root, directory = get_root_resource(), journal_directory(environ)
    if root is None or directory is None or pulumi.runtime.is_dry_run():
        return
    run = _runs.setdefault(root, _Run())
    run.pending += 1

    async def registered(urn: str) -> None:
        run.pending -= 1
        if await resource.id.is_known():  # else it has failed, and the program goes on (`--continue-on-error`)
            run.urns.add(urn)
        if not run.pending and run.urns:  # files are read once, not for each resource
            delete_entries(directory, owner_texts(environ, pulumi.get_organization(), run.urns))
            run.urns.clear()

    resource.urn.apply(registered)
