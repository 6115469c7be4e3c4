"""The debug log: with TALEND_DEBUG set, what the terminal need not see goes to a file, without secrets.

`TALEND_DEBUG=1` writes `talend-debug.log` in the working directory, which is the program's directory for the program and for
the engine's provider host: both write the same file, and it is found where the work is done. Another value is the file's own
path, or a directory. In it: versions, every call (method, path, body, status, rate-limit headers, duration), why a call is
tried again, every operation of a resource, and tracebacks. The file is made readable for its owner alone; it names people and
what they may do.

Without TALEND_DEBUG nothing of this is set up, and the loggers (`pulumi_talend...`) are silent, as a library's should be.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

VARIABLE = "TALEND_DEBUG"
FILE_NAME = "talend-debug.log"

_OFF = frozenset({"", "0", "false", "no", "off"})
_ON = frozenset({"1", "true", "yes", "on"})
_SECRET_VARIABLES = ("TALEND_TOKEN", "TALEND_CLIENT_SECRET", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN")
_FRAMES = 200

_lock = threading.Lock()
_started: dict[str, Path | None] = {}

logger = logging.getLogger("pulumi_talend")
logger.addHandler(logging.NullHandler())


def wanted_file(environ: Mapping[str, str] | None = None) -> Path | None:
    """The file that TALEND_DEBUG asks for, whole; None where it asks for none."""
    value = (os.environ if environ is None else environ).get(VARIABLE, "").strip()
    if value.lower() in _OFF:
        return None
    path = Path(FILE_NAME) if value.lower() in _ON else Path(value).expanduser()
    return (path / FILE_NAME if path.is_dir() else path).absolute()


def start(role: str, announce: Callable[[str], object]) -> None:
    """Begins to log, where TALEND_DEBUG asks for it and this process does not yet.

    `role` says what the process is (`host`, `program`, `talend-access`); `announce` is told in one line where the details go,
    or why they cannot.
    """
    path = wanted_file()
    if path is None:
        return
    with _lock:
        if str(path) in _started:
            return
        try:
            handler = _AppendingHandler(path)
        except OSError as error:
            _started[str(path)] = None
            announce(
                f"no details are written, since {path} cannot be ({error.strerror}): set {VARIABLE}=FILE to another."
            )
            return
        _started[str(path)] = path
    handler.setFormatter(_Formatter(role))
    for other in [each for each in logger.handlers if isinstance(each, _AppendingHandler)]:
        logger.removeHandler(other)
        other.close()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # a program's own log, on its terminal perhaps, is no place for this
    remember(os.environ.get(name, "") for name in _SECRET_VARIABLES)
    logger.debug("begins: %s", _versions())
    announce(f"details of this run go to {path} ({VARIABLE})")


def stop() -> None:
    """Ends the log of this process. For processes that live longer than one run."""
    with _lock:
        _started.clear()
        for handler in [each for each in logger.handlers if isinstance(each, _AppendingHandler)]:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


def current_file() -> Path | None:
    """The file that this process logs to; None where it does not."""
    return next((each.path for each in logger.handlers if isinstance(each, _AppendingHandler)), None)


def remember(secrets: Iterable[object]) -> None:
    """Has these removed from whatever is logged from now on; costs nothing where nothing is logged."""
    if current_file() is not None:
        from .api.redaction import know

        know(secret.strip() for secret in secrets if isinstance(secret, str))


def log_error(what: str, error: BaseException) -> None:
    """Logs `error`, which ended `what`, with the whole history that the terminal is spared."""
    if current_file() is not None:
        logger.error("%s failed: %s", what, _history(error))


def where_to_look() -> str:
    """What a message about a bug of ours says about the details."""
    path = current_file()
    if path is not None:
        return f"The details are in {path}: please report it with them."
    return f"Run again with {VARIABLE}=1, which writes {FILE_NAME}, and please report it with that file."


def place_of(error: BaseException) -> str:
    """The innermost line of ours that `error` went through."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if str(frame.f_globals.get("__name__", "")).startswith("pulumi_talend")]
    if not ours:
        return "outside it"
    return f"in {ours[-1].f_globals['__name__']}:{ours[-1].f_lineno}"


def _history(error: BaseException) -> str:
    """`error` and what it came from, each with its traceback, also where the terminal was to see none of it.

    The limit is named, since the provider host sets `sys.tracebacklimit` to 0.
    """
    told: list[str] = []
    at: BaseException | None = error
    seen: set[int] = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        told.append("".join(traceback.format_exception(type(at), at, at.__traceback__, limit=_FRAMES, chain=False)))
        at = at.__cause__ or at.__context__
    return "\n... which came from:\n".join(part.rstrip() for part in told)


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    known: list[str] = []
    for name in ("pulumi-talend", "pulumi", "httpx", "pydantic", "grpcio"):
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            known.append(f"{name} not installed")
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"{', '.join(known)}, Python {python} on {sys.platform}, in {Path.cwd()}"


class _Formatter(logging.Formatter):
    """Time in UTC, role, process, thread, and the message without secrets; further lines of a record are indented."""

    converter = time.gmtime

    def __init__(self, role: str) -> None:
        super().__init__(
            f"%(asctime)s.%(msecs)03dZ {role}[%(process)d] %(threadName)s %(message)s", "%Y-%m-%dT%H:%M:%S"
        )

    def format(self, record: logging.LogRecord) -> str:
        from .api.redaction import without_known, without_lookalikes

        text = without_lookalikes(without_known(super().format(record)))
        return text.replace("\n", "\n    ")


class _AppendingHandler(logging.Handler):
    """Appends each record in one write, which the system does not mix with those of other processes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o600)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            os.write(self._file, (self.format(record) + "\n").encode("utf-8", "backslashreplace"))
        except OSError as error:
            # A full disk must not fail an update, and `logging` would show a traceback of its own.
            logger.removeHandler(self)
            sys.stderr.write(f"talend: the details end here, since {self.path} cannot be written ({error.strerror})\n")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()
