"""The tenant as tests hold it: start it, look into it, play the console, make it fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from .behaviour import Behaviour
from .byhand import ByHand
from .calls import CallLog
from .company import Company
from .core import Callback, Core
from .faults import Fault
from .limits import Clock
from .server import Server


class Tenant(ByHand):
    """An offline Talend tenant that serves in a thread of this process.

    `with Tenant.start() as tenant:` is all a test needs. Leaving the block (or `stop()`) ends it, and raises
    what went wrong inside the server, if anything did.
    """

    def __init__(self, core: Core, server: Server) -> None:
        """Use `Tenant.start`."""
        super().__init__(core.store)
        self._core = core
        self._server = server
        self._stopped = False

    @classmethod
    def start(
        cls,
        behaviour: Behaviour | None = None,
        seed: str | Company = "company",
        database: Path | str | None = None,
        port: int = 0,
        *,
        token: str | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """A tenant that answers when this returns.

        `seed`: "company", "empty", "big", "big:WORKSPACESxUSERSxGRANTS" or a `Company`; a `database` file that
        has a tenant already is taken as it is. `port` 0: any that is free. `token`: another text for the
        "admin" token. `clock`: seconds since 1970, for rate limits, token expiry and the times of calls.
        Raises `ValueError` for a bad seed or database, `OSError` where the port is taken.
        """
        core = Core(
            behaviour=behaviour or Behaviour(),
            seed=seed,
            database=None if database is None else Path(database),
            clock=clock,
            admin_token=token,
        )
        try:
            server = Server(core, port=port)
            server.start()
        except BaseException:
            core.store.database.close()
            raise
        return cls(core, server)

    def stop(self) -> None:
        """Stop serving. Raises `RuntimeError` from the first thing that went wrong inside the server."""
        self._end()
        if self._core.failures:
            failures, self._core.failures = self._core.failures, []
            raise RuntimeError(f"the offline tenant failed {len(failures)} times: {failures[0]!r}") from failures[0]

    def _end(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._server.stop()
            self._core.store.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
        else:  # what the block raised says more
            self._end()

    def __repr__(self) -> str:
        return f"<Tenant {self.url}>"

    # --- how to reach it

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._server.url

    @property
    def token(self) -> str:
        """A personal access token with all rights."""
        return self._core.pats["admin"]

    @property
    def tokens(self) -> dict[str, str]:
        """Personal access tokens by name: "admin", "viewer", "sso-only", "workspaces-only"."""
        return dict(self._core.pats)

    @property
    def client_id(self) -> str:
        """The id of a service account with all rights."""
        return self._core.client_id

    @property
    def client_secret(self) -> str:
        """Its secret."""
        return self._core.store.directory.secret_of(self.client_id) or ""

    def reset(self) -> None:
        """As if it had just been started: for a suite that shares one tenant. A database file is filled again, too."""
        self._core.reset()

    def expire_tokens(self) -> None:
        """End all service account tokens at once."""
        self._core.tokens.expire_issued()

    # --- what it was asked, and how it answers

    @property
    def calls(self) -> CallLog:
        """The calls it got."""
        return self._core.calls

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour in force."""
        return self._core.behaviour

    def set_behaviour(self, **changes: Any) -> Behaviour:
        """Change some choices; the behaviour now in force. Raises pydantic's `ValidationError`."""
        return self._core.set_behaviour(**changes)

    def inject(self, fault: Fault) -> None:
        """Have this fault strike the calls it matches."""
        self._core.faults.add(fault)

    def clear_faults(self) -> None:
        """Forget the faults that have not struck yet."""
        self._core.faults.clear()

    def pending_faults(self) -> list[Fault]:
        """The faults that can still strike: a test that injected one can see that it did."""
        return self._core.faults.pending()

    def on_call(self, callback: Callback, *, after: bool = False) -> Callable[[], None]:
        """Have `callback(call)` run in the server right before each call's work (after tokens and rights are
        checked; `status` is 0 then), to play another writer in the gap, or with `after` between the work and its answer;
        what is returned undoes that.

        It runs in a thread of the server's; what it raises is answered 500 and raised again by `stop`, but for `HangUp`:
        then the connection is closed without an answer, and without the work where that was still to come.
        """
        return self._core.on_call(callback, after=after)
