"""Talend Cloud access as code: workspace permissions and SSO role mappings as Pulumi resources.

What needs HTTP or validation is imported when it is first used, so that a program starts as fast as it can.
"""

from __future__ import annotations

from . import errors, functions, principals, resources
from .errors import *  # noqa: F403
from .functions import *  # noqa: F403
from .resources import *  # noqa: F403

__all__: list[str] = ["principals"]
__all__ += errors.__all__
__all__ += functions.__all__
__all__ += resources.__all__


def __dir__() -> list[str]:
    return sorted(__all__)
