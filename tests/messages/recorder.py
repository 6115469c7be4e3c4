"""Hears every message that the provider makes while it runs here, and knows which line made it.

It looks at the running program instead of replacing parts of it: what is recorded is what was raised, returned or said.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from messages.sites import ROOT, Site

_SAYING = {"say", "_say", "_end", "announce", "_notify", "notify"}
_MADE = {
    "Problem": ("where", "reason"),
    "CheckFailure": ("property", "reason"),
    "Finding": ("verdict", "check", "found", "todo"),
}


class Recorder:
    """What was said at which site."""

    def __init__(self, sites: list[Site]) -> None:
        self.said: dict[Site, set[str]] = {}
        self._spans: dict[str, list[Site]] = {}
        for site in sites:
            self._spans.setdefault(str(ROOT / site.file), []).append(site)
        self._made: dict[int, str] = {}

    @contextmanager
    def listening(self) -> Generator[None]:
        """Hears what this thread, and those that it starts, do in the block."""
        before = sys.gettrace()
        threading.settrace(self._called)
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(None)  # pyright: ignore[reportArgumentType]

    def _called(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event != "call":
            return None
        name = frame.f_code.co_name
        if name == "__init__":
            self._constructed(frame)
        elif name in _SAYING and frame.f_back is not None:
            arguments = frame.f_code.co_varnames[: frame.f_code.co_argcount]
            texts = [frame.f_locals[each] for each in arguments if isinstance(frame.f_locals.get(each), str)]
            if texts:
                self._heard(frame.f_back, texts[0])
        return self._inside if frame.f_code.co_filename in self._spans else None

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "exception":
            error = argument[1]
            if isinstance(error, Exception):
                self._heard(frame, str(error))
        elif event == "line":
            self._heard(frame, "")
        return self._inside

    def _constructed(self, frame: FrameType) -> None:
        kind = type(frame.f_locals.get("self")).__name__
        if kind in _MADE and frame.f_back is not None:
            parts = [str(frame.f_locals.get(each) or "") for each in _MADE[kind]]
            joined = ": ".join(part for part in parts if part)
            if kind == "Finding":
                joined = f"{parts[0]} {parts[1]}: {parts[2]}\n{parts[3]}"
            self._heard(frame.f_back, joined.strip())

    def _heard(self, frame: FrameType, text: str) -> None:
        # A comprehension is a frame of its own on older Pythons, in the same file and on the lines of its statement.
        for site in self._spans.get(frame.f_code.co_filename, ()):
            if site.line <= frame.f_lineno <= site.end:
                said = self.said.setdefault(site, set())
                if text:
                    said.add(text)
