"""What the parts of one running tenant share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .access import Access
from .auth import PATS, Tokens, demo_token
from .behaviour import Behaviour
from .calls import Call, CallLog
from .company import Company
from .faults import FaultBook
from .limits import Clock, Limiter
from .seed import company_of
from .store import Store

Callback = Callable[[Call], None]


class Core:
    """The store, the behaviour, the log of calls, the faults, the tokens and the limiter of one tenant."""

    def __init__(
        self,
        *,
        behaviour: Behaviour,
        seed: str | Company,
        database: Path | None,
        clock: Clock,
        admin_token: str | None = None,
        keep_calls: int | None = None,
        observer: Callback | None = None,
    ) -> None:
        """Open the store and fill it where it is new. Raises `ValueError` for a bad seed or database."""
        self._company = company_of(seed)
        self.clock = clock
        self.store = Store(database, clock)
        if self.store.database.fresh:
            self.store.fill(self._company)
        self.calls = CallLog(keep_calls, observer)
        self.faults = FaultBook()
        self.limiter = Limiter(clock)
        self.tokens = Tokens(clock)
        self.pats = {name: demo_token(name) for name in PATS}
        if admin_token is not None:
            self.pats["admin"] = admin_token
        for name, token in self.pats.items():
            self.tokens.add(token, name, PATS[name])
        self.failures: list[Exception] = []
        """What went wrong inside the server itself: raised again when the tenant is stopped."""
        self.url = ""
        """Where the tenant serves; known once it does."""
        self._first_behaviour = self._behaviour = behaviour
        self._callbacks: list[tuple[Callback, bool]] = []
        self._lock = threading.Lock()

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour in force."""
        return self._behaviour

    def set_behaviour(self, **changes: Any) -> Behaviour:
        """Change some choices; the behaviour now in force."""
        with self._lock:
            self._behaviour = self._behaviour.changed(**changes)
            return self._behaviour

    def reset(self) -> None:
        """Put all back to the start: seed, behaviour, no calls, faults, hooks or issued tokens, a fresh rate limit."""
        with self._lock:
            self._behaviour = self._first_behaviour
            self._callbacks.clear()
        self.store.refill(self._company)
        self.faults.clear()
        self.calls.clear()
        self.tokens.expire_issued()
        self.limiter.reset()

    @property
    def access(self) -> Access:
        """The operations on permissions, under the behaviour in force."""
        return Access(self.store, self._behaviour)

    @property
    def client_id(self) -> str:
        """The id of the service account that has all rights."""
        return self.store.directory.setting("automation")

    def on_call(self, callback: Callback, *, after: bool = False) -> Callable[[], None]:
        """Have `callback` run in the server before each call's work, or after it; what is returned undoes that."""
        entry = (callback, after)
        with self._lock:
            self._callbacks.append(entry)

        def remove() -> None:
            with self._lock:
                if entry in self._callbacks:
                    self._callbacks.remove(entry)

        return remove

    def callbacks(self, *, after: bool = False) -> list[Callback]:
        """The callbacks in force for before a call's work, or for after it."""
        with self._lock:
            return [callback for callback, late in self._callbacks if late == after]
