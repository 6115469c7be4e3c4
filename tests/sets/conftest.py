"""A tenant of its own for each test: these change who is in it."""

from __future__ import annotations

from e2e.conftest import engine, new_stack, pulumi_engine, stack, tenant

__all__ = ["engine", "new_stack", "pulumi_engine", "stack", "tenant"]
