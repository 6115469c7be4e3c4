"""Stacks on engines, for the tests that kill their processes; the tenant is the shared one."""

from __future__ import annotations

from e2e.conftest import engine, pulumi_engine

__all__ = ["engine", "pulumi_engine"]
