"""Everything that one process knows about one tenant: one client, one directory, one snapshot, one line of writers."""

from __future__ import annotations

from ..api import TalendClient
from .directory import Directory
from .grants import Grants
from .journal import Journal, NoJournal
from .mappings import Mappings
from .others_writes import Notify


class TenantAccess:
    """The access of one tenant, through one client that all threads of the process share.

    `journal` notes what is about to be created, for a run that has to finish what another had begun; `notify` is told what the
    user should know, in one line each.
    """

    def __init__(self, client: TalendClient, *, journal: Journal | None = None, notify: Notify | None = None) -> None:
        self.client = client
        self.directory = Directory(client)
        self.journal: Journal = journal or NoJournal()
        self.grants = Grants(client, journal=self.journal)
        self.mappings = Mappings(client, journal=self.journal, notify=notify)
