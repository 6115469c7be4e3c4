"""The debug log: with TALEND_DEBUG set, details of a run go to a file, without secrets.

`TALEND_DEBUG=1` writes `talend-debug.log` in the working directory, which is the program's directory for the program and for
the engine's provider host: both write the same file. Another value is the path of the file, or a directory. The log has
versions, every call (method, path, body, status, rate-limit headers, duration), why a call is tried again, every operation of a
resource, and tracebacks. Only its owner can read it (`private_files`): it names people and their access.

Without TALEND_DEBUG the loggers (`pulumi_talend...`) are silent, as a library's should be.
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
from typing import IO

from .private_files import check_directory, open_private

VARIABLE = "TALEND_DEBUG"
FILE_NAME = "talend-debug.log"

_OFF = frozenset({"", "0", "false", "no", "off"})
_ON = frozenset({"1", "true", "yes", "on"})
_SECRET_VARIABLES = ("TALEND_TOKEN", "TALEND_CLIENT_SECRET", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN")
_FRAMES = 200

_lock = threading.Lock()
_started: set[Path] = set()

logger = logging.getLogger("pulumi_talend")
logger.addHandler(logging.NullHandler())


def wanted_file(environ: Mapping[str, str] | None = None) -> Path | None:
    """Returns the absolute path that TALEND_DEBUG asks for; None where it asks for none."""
    value = (os.environ if environ is None else environ).get(VARIABLE, "").strip()
    if value.lower() in _OFF:
        return None
    path = Path(FILE_NAME) if value.lower() in _ON else Path(value).expanduser()
    return (path / FILE_NAME if path.is_dir() else path).absolute()


def start(role: str, announce: Callable[[str], object]) -> None:
    """Starts the log, where TALEND_DEBUG asks for it and this process has not started it yet.

    Args:
        role: What the process is: `host`, `program`, `talend-access`.
        announce: Receives one line: where the log is, or why it is not written.
    """
    path = wanted_file()
    if path is None:
        return
    with _lock:
        if path in _started:
            return
        _started.add(path)
        try:
            handler = _AppendingHandler(path)
        except OSError as error:
            announce(f"no debug log: {path} cannot be written ({error.strerror}); set {VARIABLE}=FILE to another file.")
            return
    handler.setFormatter(_Formatter(role))
    _close_handlers()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # not for a program's own log, which may be on its terminal
    remember(os.environ.get(name, "") for name in _SECRET_VARIABLES)
    logger.debug("begins: %s", _versions())
    announce(f"the debug log of this run is {path} ({VARIABLE})")


def stop() -> None:
    """Ends the log of this process. For processes that live longer than one run."""
    with _lock:
        _started.clear()
        _close_handlers()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


def _close_handlers() -> None:
    for handler in [each for each in logger.handlers if isinstance(each, _AppendingHandler)]:
        logger.removeHandler(handler)
        handler.close()


def current_file() -> Path | None:
    """The file that this process logs to; None where it does not."""
    return next((each.path for each in logger.handlers if isinstance(each, _AppendingHandler)), None)


def remember(secrets: Iterable[object]) -> None:
    """Has these removed from whatever is logged from now on; costs nothing where nothing is logged."""
    if current_file() is not None:
        from .api.redaction import know  # not at the top: it takes 150 ms, and a program without a log needs none of it

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
    """Appends each record in one write, so that records of several processes do not mix."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        check_directory(path.parent)
        self._file: IO[str] = open_private(path)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            os.write(self._file.fileno(), (self.format(record) + "\n").encode("utf-8", "backslashreplace"))
        except OSError as error:
            # A full disk must not fail an update, and `logging` would show a traceback of its own.
            logger.removeHandler(self)
            sys.stderr.write(f"talend: the debug log ends here: {self.path} cannot be written ({error.strerror})\n")

    def close(self) -> None:
        self._file.close()
        super().close()
