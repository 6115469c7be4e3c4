"""Files of a program with the name of a module of Python, which is then imported nowhere.

Pulumi's provider host is `python -m pulumi.dynamic` in the program's directory, so that directory comes first in its module
search path: a `calendar.py` there is what every package gets that imports `calendar`.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType


def shadowing_files(directory: str | os.PathLike[str]) -> list[str]:
    """The names of files and packages in a directory that are imported in place of a module of Python, sorted."""
    try:
        entries = sorted(os.listdir(directory))
    except OSError:  # Python imports nothing from it either
        return []
    return [entry for entry in entries if _shadows(os.path.join(directory, entry))]


def _shadows(path: str) -> bool:
    name, suffix = os.path.splitext(os.path.basename(path))
    if name not in sys.stdlib_module_names or name in sys.builtin_module_names:
        return False
    return suffix == ".py" or (not suffix and os.path.isfile(os.path.join(path, "__init__.py")))


def shadow_behind(error: ImportError | AttributeError) -> str | None:
    """The file of the program because of which an import failed: a module of Python lacks what it has everywhere.

    Returns:
        The path of the file; None where the error has another cause.
    """
    owner: object = error.name if isinstance(error, ImportError) else error.obj
    name = owner.__name__ if isinstance(owner, ModuleType) else owner
    module = sys.modules.get(name.partition(".")[0]) if isinstance(name, str) else None
    file = getattr(module, "__file__", None)
    if module is None or file is None or module.__name__ not in sys.stdlib_module_names:
        return None
    path = os.path.dirname(file) if hasattr(module, "__path__") else file
    return path if os.path.realpath(os.path.dirname(path)) == os.path.realpath(sys.path[0] or ".") else None
