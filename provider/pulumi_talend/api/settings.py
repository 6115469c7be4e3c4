"""Where the API is and who calls it: settings from a stack's configuration or from the environment.

A stack's configuration wins over the environment, credentials as a whole: a stack with its own token never mixes with a
client id that happens to be in the shell. Hosts and regions: API reference, "SSO Role Mapping" and "Workspace Permissions".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import ConfigurationError, Problem
from .lean_httpx import httpx
from .text import clean

REGIONS = ("eu", "us", "us-west", "ap", "au")

ENVIRONMENT_NAMES: Mapping[str, str] = {
    "region": "TALEND_REGION",
    "endpoint": "TALEND_ENDPOINT",
    "token": "TALEND_TOKEN",
    "clientId": "TALEND_CLIENT_ID",
    "clientSecret": "TALEND_CLIENT_SECRET",
    "extraPermissions": "TALEND_EXTRA_PERMISSIONS",
    "allowInsecureHttp": "TALEND_ALLOW_INSECURE_HTTP",
}
"""Setting of a stack (`talend:<name>`) → environment variable that stands in where the stack has none."""


@dataclass(frozen=True)
class TokenCredential:
    """A personal access token, sent as it is."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class ClientCredential:
    """A service account: its id and secret are exchanged for tokens of 30 minutes."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Where the API is and who calls it. `audience` is what a service account asks its token for."""

    base_url: str
    credential: TokenCredential | ClientCredential
    audience: str
    extra_permissions: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        if isinstance(self.credential, TokenCredential):
            return (self.credential.token,)
        return (self.credential.client_secret,)


@dataclass(frozen=True)
class _Setting:
    value: str = field(repr=False)
    name: str  # as its writer knows it: `talend:region` or `TALEND_REGION`
    from_stack: bool


class _Source:
    """Looks a setting up in the stack's configuration, then in the environment. A blank value counts as none."""

    def __init__(self, config: Callable[[str], object], environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ

    def get(self, name: str) -> _Setting | None:
        configured = self._config(f"talend:{name}")
        if configured is not None and str(configured).strip():
            return _Setting(str(configured).strip(), f"talend:{name}", from_stack=True)
        variable = ENVIRONMENT_NAMES[name]
        value = self._environ.get(variable, "").strip()
        return _Setting(value, variable, from_stack=False) if value else None

    def flag(self, name: str) -> bool:
        setting = self.get(name)
        return setting is not None and setting.value.lower() in {"true", "1", "yes"}


def resolve_settings(config: Callable[[str], object], environ: Mapping[str, str]) -> Settings:
    """Settings from `config` (called with `talend:<name>`, gives the value or None) and `environ`.

    Raises ConfigurationError with every problem found: nothing set, a region that does not exist, an URL that is none,
    half a service account, two credentials in one place.
    """
    source = _Source(config, environ)
    del config, environ  # so that they are not among the variables of a traceback
    problems: list[Problem] = []
    where = _location(source, problems)
    credential = _credential(source, problems)
    if where is None or credential is None:
        raise ConfigurationError(problems)
    base_url, audience = where
    extra = source.get("extraPermissions")
    extra_permissions = tuple(p.strip() for p in extra.value.split(",") if p.strip()) if extra else ()
    return Settings(base_url, credential, audience, extra_permissions)


def _location(source: _Source, problems: list[Problem]) -> tuple[str, str] | None:
    region, endpoint = source.get("region"), source.get("endpoint")
    if region and endpoint and region.from_stack != endpoint.from_stack:
        # The stack's word beats the shell's: a leftover TALEND_ENDPOINT must not send prod's access elsewhere.
        region, endpoint = (region, None) if region.from_stack else (None, endpoint)
    region_url: str | None = None
    if region is not None:
        if region.value not in REGIONS:
            problems.append(Problem(region.name, f"no region '{clean(region.value)}'; use one of {', '.join(REGIONS)}"))
            return None
        region_url = f"https://api.{region.value}.cloud.talend.com"
    if endpoint is not None:
        problem = _endpoint_problem(endpoint.value, insecure_allowed=source.flag("allowInsecureHttp"))
        if problem:
            problems.append(Problem(endpoint.name, problem))
            return None
        base_url = endpoint.value.rstrip("/")
        # With both given, the endpoint is a way to the region (a proxy): tokens are asked for the region itself.
        return base_url, region_url or base_url
    if region_url is None:
        problems.append(
            Problem(
                "talend:region",
                f"not set: say which Talend Cloud region ({', '.join(REGIONS)}) with "
                "`pulumi config set talend:region eu`, or TALEND_REGION in the environment",
            )
        )
        return None
    return region_url, region_url


def _endpoint_problem(url: str, *, insecure_allowed: bool) -> str | None:
    if "@" in url:
        # Looked for before the URL is taken apart, and the URL is not repeated: it holds what may be a password.
        return "a URL with a user name or password in it is refused; use talend:token or talend:clientId"
    if "?" in url or "#" in url:
        return "a URL with a query or a fragment is refused; write only scheme, host and path"
    shown = "".join(character for character in url if character.isprintable())[:200]
    try:
        # Read as the client will read it: two readers may disagree about where a URL leads.
        parts = httpx.URL(url)
        scheme, host, _ = parts.scheme, parts.host, urlsplit(url).port
    except (httpx.InvalidURL, ValueError) as error:
        return f"'{shown}' is not a URL ({clean(str(error))}); write it like https://api.eu.cloud.talend.com"
    if scheme not in {"http", "https"} or not host or any(c.isspace() for c in url):
        return f"'{shown}' is not a URL; write it like https://api.eu.cloud.talend.com"
    if scheme == "http" and not insecure_allowed and not is_loopback(host):
        return (
            f"'{shown}' would send the token in clear text; use https "
            "(or set talend:allowInsecureHttp to true if you mean it)"
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _credential(source: _Source, problems: list[Problem]) -> TokenCredential | ClientCredential | None:
    found = {name: source.get(name) for name in ("token", "clientId", "clientSecret")}
    # One origin speaks for the whole credential, the stack before the shell.
    from_stack = any(setting is not None and setting.from_stack for setting in found.values())
    token, client_id, client_secret = (
        setting if setting is not None and setting.from_stack == from_stack else None for setting in found.values()
    )
    if token and (client_id or client_secret):
        other = client_id or client_secret
        assert other is not None  # noqa: S101 - the condition above
        problems.append(Problem(token.name, f"set together with {other.name}; keep one of the two credentials"))
        return None
    if token:
        if not token.value.isascii() or not token.value.isprintable() or " " in token.value:
            problems.append(Problem(token.name, "holds blanks or characters that no token has; copy it again"))
            return None
        return TokenCredential(token.value)
    if client_id and client_secret:
        return ClientCredential(client_id.value, client_secret.value)
    if client_id or client_secret:
        half = client_id or client_secret
        assert half is not None  # noqa: S101 - the condition above
        missing = "clientSecret" if client_id else "clientId"
        how = f"talend:{missing}" if from_stack else ENVIRONMENT_NAMES[missing]
        problems.append(Problem(how, f"not set, though {half.name} is; a service account needs both"))
        return None
    problems.append(
        Problem(
            "talend:token",
            "not set: give a personal access token with `pulumi config set --secret talend:token`, or TALEND_TOKEN in the "
            "environment (or a service account: talend:clientId and talend:clientSecret)",
        )
    )
    return None
