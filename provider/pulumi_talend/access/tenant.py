"""Everything that one process knows about one tenant: one client, one directory, one snapshot, one line of writers."""

from __future__ import annotations

from ..api import TalendClient
from .directory import Directory
from .grants import Grants
from .mappings import Mappings


class TenantAccess:
    """The access of one tenant, through one client that all threads of the process share."""

    def __init__(self, client: TalendClient) -> None:
        self.client = client
        self.directory = Directory(client)
        self.grants = Grants(client)
        self.mappings = Mappings(client)
