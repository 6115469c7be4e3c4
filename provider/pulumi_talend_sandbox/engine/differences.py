"""Comparing property maps: which keys differ, and which differences the program wants ignored."""

from __future__ import annotations

import re
from typing import Literal

from .values import Properties, Secret, Unknown, Value

Kind = Literal["add", "delete", "update"]
_TOKEN = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


def changed_keys(old: Properties, new: Properties) -> dict[str, Kind]:
    """Give the top-level keys that differ, sorted, and how. A value not known yet counts as different.

    A missing value and a null one are the same; so are a secret and the same value in clear.
    """
    result: dict[str, Kind] = {}
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if same_value(before, after):
            continue
        result[key] = "add" if before is None else "delete" if after is None else "update"
    return result


def same_value(a: Value, b: Value) -> bool:
    """Tell whether two values are equal, looking through secrets; an unknown value equals nothing."""
    if isinstance(a, Secret):
        a = a.value
    if isinstance(b, Secret):
        b = b.value
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same_value(a.get(key), b.get(key)) for key in a.keys() | b.keys())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_value(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return a == b


def path_segments(path: str) -> list[str]:
    """Split a property path such as `a.b[0]["c d"]` into its segments; raises `ValueError` for a bad one."""
    segments: list[str] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise ValueError(f"property path {path!r}: cannot be read from {path[position:]!r} on")
        segments.append(next(group for group in match.groups() if group is not None).replace('\\"', '"'))
        position = match.end()
    return segments


def keep_ignored(new: Properties, old: Properties, paths: list[str]) -> Properties:
    """Give `new` with the old values at the paths whose changes are to be ignored."""
    result: Properties = dict(new)
    for path in paths:
        segments = path_segments(path)
        if segments:
            kept = _keep(result, old, segments)
            result = kept if isinstance(kept, dict) else result
    return result


def _keep(new: Value, old: Value, segments: list[str]) -> Value:
    if not segments:
        return old
    head, rest = segments[0], segments[1:]
    if isinstance(new, dict) and isinstance(old, dict):
        result = dict(new)
        for key in sorted(new.keys() | old.keys()) if head == "*" else [head]:
            if not rest and key not in old:
                result.pop(key, None)
            elif key in old and (not rest or key in new):
                result[key] = _keep(new.get(key), old[key], rest)
        return result
    if isinstance(new, list) and isinstance(old, list):
        if head == "*":
            if not rest:
                return old
            return [_keep(item, old[i], rest) if i < len(old) else item for i, item in enumerate(new)]
        if head.isdigit() and int(head) < min(len(new), len(old)):
            items = list(new)
            items[int(head)] = _keep(items[int(head)], old[int(head)], rest)
            return items
    return new
