"""Access to a tenant on top of the API: safe writes, verification, bulk reads, names. Nothing of Pulumi."""

from __future__ import annotations

from ..api import TalendClient
from .directory import Directory
from .grants import Grants
from .journal import Journal, NoJournal, Notify
from .mappings import Mappings

__all__ = ["TenantAccess"]


class TenantAccess:
    """Everything that one process knows of one tenant: one client, one directory, one snapshot, one pipeline of each sort.

    Args:
        client: The API client.
        journal: Notes what is about to be created, for an update that has to finish what another had begun.
        notify: Receives what the user should know, in one line each.
    """

    def __init__(self, client: TalendClient, *, journal: Journal | None = None, notify: Notify | None = None) -> None:
        self.client = client
        self.directory = Directory(client)
        self.journal: Journal = journal or NoJournal()
        self.grants = Grants(client, self.directory, journal=self.journal, notify=notify)
        self.mappings = Mappings(client, journal=self.journal, notify=notify)
