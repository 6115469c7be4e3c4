"""Access to a tenant on top of the API: safe writes, verification, bulk reads, names. Nothing of Pulumi."""

from .tenant import TenantAccess

__all__ = ["TenantAccess"]
