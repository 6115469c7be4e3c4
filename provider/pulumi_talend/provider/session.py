"""What one process knows: settings, the tenant's client and snapshot, claims, journal. All providers of a run share it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from .. import debuglog
from ..access import TenantAccess
from ..access.journal import Journal, Target
from ..api import Settings, TalendClient, extra_permissions, resolve_settings
from ..api.endpoints import is_this_machine
from ..dynamic_host import EngineLog, Severity
from ..errors import ConfigurationError, TalendError
from ..journal_files import journal_directory, owner_texts
from ..model.expiry import parse_time
from ..model.grants import GrantKey
from ..model.problems import Problem
from .claims import Claims
from .removal_limit import Limit, stack_limit

CLOCK_VARIABLE = "TALEND_SANDBOX_NOW"
"""Sets the time on a tenant on this machine (tests, demos). Any other tenant ignores it: it must not keep access alive."""

CLOCK_MAY_BE_OFF = timedelta(days=2)
"""An end so close that a wrong clock of this machine might decide it: then the API's time must be known."""

CLOCK_NOTED_SECONDS = 60.0
"""A clock that is further off is named in the preview."""


class Session:
    """One run on one tenant.

    Args:
        config: Reads the stack's configuration: called with `talend:<name>`, returns the value or None.
        environ: The environment.
        log: Where lines for the user go.
    """

    def __init__(self, config: Callable[[str], object], environ: Mapping[str, str], log: EngineLog) -> None:
        self._log = log
        self._environ = environ
        self._lock = threading.Lock()
        self._tenant: TenantAccess | None = None
        self._said_lock = threading.Lock()
        self._said: set[tuple[str, str]] = set()
        self._has_asked_time = False
        self.organization = ""
        self.claims = Claims()
        self.settings: Settings | None = None
        self.limit = Limit()
        self.extra_permissions = extra_permissions(config, environ)
        self.problems: tuple[Problem, ...] = ()
        try:
            self.settings = resolve_settings(config, environ)
        except ConfigurationError as error:
            self.problems = error.problems
        try:
            self.limit = stack_limit(config, environ)
        except ConfigurationError as error:
            self.problems += error.problems
        self.journal = Journal(journal_directory(environ), self.base_url, owner_of=self._owner_of, notify=self.say)

    @property
    def base_url(self) -> str:
        """The tenant's address; empty where the settings are not valid."""
        return self.settings.base_url if self.settings is not None else ""

    @property
    def tenant(self) -> TenantAccess:
        """The access of the tenant. Raises ConfigurationError where the settings are not valid."""
        if self.settings is None:
            raise ConfigurationError(self.problems)
        with self._lock:
            if self._tenant is None:
                client = TalendClient(self.settings, notify=self.say)
                self._tenant = TenantAccess(client, journal=self.journal, notify=self.say)
            return self._tenant

    def close(self) -> None:
        """Closes the connections."""
        if self._tenant is not None:
            self._tenant.client.close()

    def say(self, message: str, *, urn: str = "", severity: Severity = "info") -> None:
        """Shows a line to the user, on the row of a resource where there is one; the same line once."""
        with self._said_lock:
            if (urn, message) in self._said:
                return
            self._said.add((urn, message))
        debuglog.logger.debug("says: %s", message)
        self._log.say(message, urn=urn, severity=severity)

    def time_for(self, expires_at: str) -> datetime:
        """The time by which an end is judged: the API's, since the clock of this machine may be wrong.

        Where no response has told it yet, the API is asked if the end is near, else the machine's clock decides.

        Raises:
            ConfigurationError: The sandbox's clock is not a time.
        """
        text = self._environ.get(CLOCK_VARIABLE)
        if text is not None and is_this_machine(urlsplit(self.base_url).hostname or ""):
            try:
                return parse_time(text)
            except ValueError as error:
                raise ConfigurationError([Problem(CLOCK_VARIABLE, str(error), is_setting=True)]) from None
        clock = self.tenant.client.clock
        near = abs(parse_time(expires_at) - datetime.fromtimestamp(clock.now(), timezone.utc)) <= CLOCK_MAY_BE_OFF
        if near and clock.ahead is None:
            self._ask_the_time()
        if abs(clock.ahead or 0.0) > CLOCK_NOTED_SECONDS:
            self._say_clock(clock.ahead or 0.0)
        return datetime.fromtimestamp(clock.now(), timezone.utc)

    def _ask_the_time(self) -> None:
        with self._lock:
            asked, self._has_asked_time = self._has_asked_time, True
        if not asked:
            try:
                self.tenant.client.directory.me()
            except TalendError as error:  # a refusal has a date too; without any response the machine's clock decides
                debuglog.log_error("read the API's time", error)

    def _say_clock(self, ahead: float) -> None:
        off = f"{abs(ahead) / 3600:.0f} h" if abs(ahead) >= 3600 else f"{abs(ahead) / 60:.0f} min"
        direction = "behind" if ahead > 0 else "ahead of"
        self.say(
            f"this machine's clock is about {off} {direction} the API's. Access with expires_at ends by the API's clock; set the "
            "machine's by NTP.",
            severity="warning",
        )

    def _owner_of(self, target: Target) -> str | None:
        urn = self.claims.manager("grant" if isinstance(target, GrantKey) else "mapping", target)
        return None if urn is None else owner_texts(self._environ, self.organization, [urn]).pop()


class Sessions:
    """The sessions of this process: by their settings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[object, Session] = {}

    def configured(self, config: Callable[[str], object]) -> Session:
        """Returns the session for a configuration."""
        made = Session(config, os.environ, EngineLog())
        with self._lock:
            return self._sessions.setdefault((made.settings, made.limit, made.problems), made)

    def close(self) -> None:
        """Forgets everything, as a new process would. For processes that live longer than one run."""
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()


SESSIONS = Sessions()
"""The one object that this process keeps."""
