"""Existing access → program and import file; tenant ↔ stacks → drift. Reads the tenant, never writes to it."""

from .live import LiveAccess, LiveGrant, Place, Who, read_live
from .read_only import ReadOnlyClient, WriteRefusedError

__all__ = ["LiveAccess", "LiveGrant", "Place", "ReadOnlyClient", "Who", "WriteRefusedError", "read_live"]
