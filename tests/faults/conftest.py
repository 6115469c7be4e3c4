"""Stacks on engines; the tenant is the shared one."""

from __future__ import annotations

from e2e.conftest import engine, new_stack, pulumi_engine, stack

__all__ = ["engine", "new_stack", "pulumi_engine", "stack"]
