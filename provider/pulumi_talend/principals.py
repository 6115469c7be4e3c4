"""How principals are written in a table of grants (see `model.principals`, whose public name this is)."""

from .model.principals import PrincipalReference, read, service_account, service_account_id, user, user_id

__all__ = ["PrincipalReference", "read", "service_account", "service_account_id", "user", "user_id"]
