"""The network below the HTTP client: deadline, interruption, proxy and certificates."""

from __future__ import annotations

import os
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore

from ..errors import CancelledError, ConfigurationError
from ..model.problems import Problem
from .endpoints import is_this_machine
from .lean_httpx import httpx

CALL_DEADLINE_SECONDS = 120.0
"""How long one call may take in all, from the connection to the last byte."""

_SLICE_SECONDS = 0.25
"""How long a read blocks before it looks at the deadline and at the end of the process."""
_WRITE_BYTES = 64 * 1024
_LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16)


class DeadlineExceededError(Exception):
    """A call took longer than its deadline."""


class Deadline(threading.local):
    """The end of the call that the current thread makes. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: float | None = None

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """Limits what the block does on the network to `seconds`."""
        self._ends = self._clock() + seconds
        try:
            yield
        finally:
            self._ends = None

    def left(self) -> float:
        """Returns the seconds that are left.

        Raises:
            DeadlineExceededError: None are left.
            CancelledError: The process is about to end, as after Ctrl-C.
        """
        check_running()
        seconds = CALL_DEADLINE_SECONDS if self._ends is None else self._ends - self._clock()
        if seconds <= 0:
            raise DeadlineExceededError
        return seconds


def is_ending() -> bool:
    """Whether the process is about to end, so that a worker thread must too.

    While `concurrent.futures` waits for the threads of its pools (as the dynamic host's), the main thread still counts as alive.
    """
    return bool(getattr(threading, "_SHUTTING_DOWN", False)) or not threading.main_thread().is_alive()


def check_running() -> None:
    """Raises CancelledError where the process is about to end."""
    if is_ending():
        raise CancelledError("the process is shutting down")


class _Stream(httpcore.NetworkStream):
    """A connection whose reads end with the deadline, however slowly the bytes arrive."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        waited = 0.0
        while True:
            seconds = min(_SLICE_SECONDS, self._deadline.left())
            try:
                return self._stream.read(max_bytes, seconds)
            except httpcore.ReadTimeout:
                waited += seconds
                if timeout is not None and waited >= timeout:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._stream.write(buffer[start : start + _WRITE_BYTES], _least(timeout, self._deadline.left()))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _least(timeout, self._deadline.left())
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Makes connections of `_Stream`s."""

    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _least(timeout, self._deadline.left())
        return _Stream(self._inner.connect_tcp(host, port, seconds, local_address, socket_options), self._deadline)


def _least(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)


def network_transport(base_url: str, deadline: Deadline) -> httpx.HTTPTransport:
    """Returns the transport to the host of `base_url`, by the proxy and certificate settings of the environment.

    Raises:
        ConfigurationError: A variable of the environment is not usable. Its value, which may hold a password, is not shown.
    """
    secure = urlsplit(base_url).scheme.lower() == "https"
    proxy = proxy_of(base_url, os.environ)
    variable, url = proxy or ("", None)
    context = _trusted_certificates() if secure or (url and url.url.scheme == "https") else _no_certificates()
    if url is not None and url.url.scheme == "https":
        url.ssl_context = context  # a proxy's own certificate is checked like the API's
    try:
        transport = httpx.HTTPTransport(verify=context, trust_env=False, limits=_LIMITS, proxy=url)
    except ImportError:
        raise _wrong(variable, "a SOCKS proxy needs the package socksio: pip install 'httpx[socks]'") from None
    # httpx has no parameter for the backend, and its own timeouts start again with every byte.
    pool: Any = transport._pool  # pyright: ignore[reportPrivateUsage]
    assert isinstance(pool._network_backend, httpcore.NetworkBackend)  # noqa: S101 - or no deadline would hold
    pool._network_backend = _Backend(deadline)
    return transport


def proxy_of(base_url: str, environ: Mapping[str, str]) -> tuple[str, httpx.Proxy] | None:
    """Returns the proxy for `base_url` with the variable that names it; None for a direct connection.

    Without a variable, the settings of macOS or Windows count. NO_PROXY is a list of names, suffixes and addresses; a range
    (`10.0.0.0/8`) matches nothing.

    Raises:
        ConfigurationError: The proxy's URL is not valid.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_this_machine(host):
        return None  # a proxy is for the cloud
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if urllib.request.proxy_bypass_environment(parts.netloc, {"no": no_proxy}):  # type: ignore[arg-type]
        return None
    names = (f"{scheme}_proxy" for scheme in (parts.scheme.lower(), "all"))
    variable = next((name for lower in names for name in (lower, lower.upper()) if environ.get(name, "").strip()), "")
    value = environ.get(variable, "").strip()
    if not variable:
        variable, value = "the system's proxy settings", urllib.request.getproxies().get(parts.scheme.lower(), "")
        if not value or urllib.request.proxy_bypass(host):
            return None
    try:
        proxy = httpx.Proxy(value if "://" in value else f"http://{value}")
        _ = proxy.url.port
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host or proxy.url.fragment or proxy.url.query:
        raise _wrong(
            variable,
            "is not a valid proxy URL; write it like http://user:password@host:port, with special characters of the password "
            "percent-encoded (# is %23)",
        )
    return variable, proxy


def _trusted_certificates() -> ssl.SSLContext:
    """The usual authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR. Verification cannot be switched off."""
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and directory and not Path(directory).is_dir():
        raise _wrong("SSL_CERT_DIR", "is not a directory; set it to one with certificates (PEM), or remove it")
    if not file and not directory:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=file or None, capath=None if file else directory)
    except (OSError, ValueError):
        if not file:
            raise
        raise _wrong("SSL_CERT_FILE", "names no readable file with certificates (PEM); correct or remove it") from None


def _no_certificates() -> ssl.SSLContext:
    """For plain HTTP, where loading the authorities would be wasted: verifies, and trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _wrong(variable: str, reason: str) -> ConfigurationError:
    return ConfigurationError([Problem(variable, reason, is_setting=True)])
