"""Settings of the client: where the API is and with which credential, from a stack's configuration or the environment.

A stack's configuration wins over the environment, credentials as a whole: a stack with its own token never mixes with a client
id that happens to be in the shell. What decides where a credential is sent comes from the environment alone, because anybody
who can propose a change can write a stack's configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..errors import ConfigurationError
from ..model.problems import Problem
from .endpoints import (
    REGIONS,
    EndpointSource,
    Location,
    endpoint_problem,
    endpoint_url,
    region_problem,
    region_warning,
)

ENVIRONMENT_NAMES: Mapping[str, str] = {
    "region": "TALEND_REGION",
    "endpoint": "TALEND_ENDPOINT",
    "token": "TALEND_TOKEN",
    "clientId": "TALEND_CLIENT_ID",
    "clientSecret": "TALEND_CLIENT_SECRET",
    "extraPermissions": "TALEND_EXTRA_PERMISSIONS",
}
"""Setting of a stack (`talend:<name>`) → environment variable that counts where the stack does not set it."""

ENVIRONMENT_ONLY: Mapping[str, str] = {
    "allowEndpoint": "TALEND_ALLOW_ENDPOINT",
    "allowInsecureHttp": "TALEND_ALLOW_INSECURE_HTTP",
}
"""Settings that count from the environment only: a file must not decide that a credential may go elsewhere."""


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
    """Where the API is and with which credential.

    Attributes:
        base_url: The API's address, without a slash at the end.
        credential: A personal access token or a service account.
        audience: The API for which a service account requests its token.
        extra_permissions: Workspace permissions that are accepted besides those of the API's documents.
        endpoint_source: Who named the address: the stack's `talend:endpoint`, TALEND_ENDPOINT, or a region.
        token_source: The settings that the credential comes from, as their author writes them.
        warnings: Settings that are accepted but may be a mistake.
    """

    base_url: str
    credential: TokenCredential | ClientCredential
    audience: str
    extra_permissions: tuple[str, ...] = ()
    endpoint_source: EndpointSource = field(default="region", compare=False)
    token_source: str = field(default="talend:token", compare=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        if isinstance(self.credential, TokenCredential):
            return (self.credential.token,)
        return (self.credential.client_secret,)


@dataclass(frozen=True)
class _Setting:
    value: Any = field(repr=False)
    name: str  # as its author writes it: `talend:region` or `TALEND_REGION`
    source: Literal["stack", "environment"]

    @property
    def text(self) -> str:
        return str(self.value).strip()


class _Sources:
    """Looks a setting up in the stack's configuration, then in the environment. Collects the problems found."""

    def __init__(self, config: Callable[[str], object], environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ
        self.problems: list[Problem] = []

    def get(self, name: str) -> _Setting | None:
        """Returns the setting as it was given, a list or an object as one; None where it is missing or empty."""
        configured = self._config(f"talend:{name}")
        if configured is not None and str(configured).strip():
            return _Setting(_structured(configured), f"talend:{name}", "stack")
        variable = ENVIRONMENT_NAMES[name]
        value = self._environ.get(variable, "").strip()
        return _Setting(_structured(value), variable, "environment") if value else None

    def get_text(self, name: str) -> _Setting | None:
        """As `get`, for a setting that is a single text: anything else is a problem."""
        setting = self.get(name)
        if setting is not None and not isinstance(setting.value, (str, int)):
            self.problem(setting.name, "must be a single text, not a list or an object")
            return None
        return setting

    def allowed(self, name: str) -> str:
        """Returns the value of a setting that counts from the environment only."""
        if str(self._config(f"talend:{name}") or "").strip():
            self.problem(
                f"talend:{name}",
                f"is not accepted in a stack's configuration, whose author must not decide where a credential goes; remove it, "
                f"and set {ENVIRONMENT_ONLY[name]} in the environment if you mean it",
            )
        return self._environ.get(ENVIRONMENT_ONLY[name], "").strip()

    def problem(self, where: str, reason: str) -> None:
        self.problems.append(Problem(where, reason, is_setting=True))


def _structured(value: object) -> object:
    """A list or an object where `value` is the JSON text of one, which is how Pulumi hands on structured configuration."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def resolve_settings(config: Callable[[str], object], environ: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Args:
        config: Called with `talend:<name>`; returns the value in the stack's configuration, or None.
        environ: The environment.

    Raises:
        ConfigurationError: With every problem found.
    """
    sources = _Sources(config, environ)
    del config, environ  # so that they are not among the variables of a traceback
    warnings: list[Problem] = []
    location = _location(sources, warnings)
    credential = _credential(sources)
    extra = _extra_permissions(sources)
    if sources.problems or location is None or credential is None:
        raise ConfigurationError(sources.problems)
    return Settings(
        location.base_url,
        credential[0],
        location.audience,
        extra,
        endpoint_source=location.source,
        token_source=credential[1],
        warnings=tuple(warnings),
    )


def _location(sources: _Sources, warnings: list[Problem]) -> Location | None:
    count = len(sources.problems)
    region, endpoint = sources.get_text("region"), sources.get_text("endpoint")
    allowed_hosts = [host.strip().lower() for host in sources.allowed("allowEndpoint").split(",") if host.strip()]
    insecure = sources.allowed("allowInsecureHttp").lower() in {"true", "1", "yes"}
    region_url: str | None = None
    if region is not None:
        if reason := region_problem(region.text):
            sources.problem(region.name, reason)
        else:
            region_url = endpoint_url(region.text)
            if reason := region_warning(region.text):
                warnings.append(Problem(region.name, reason, is_setting=True))
    if endpoint is not None:
        reason = endpoint_problem(endpoint.text, endpoint.source, allowed_hosts, insecure_allowed=insecure)
        if reason:
            sources.problem(endpoint.name, reason)
        elif region and region_url and region.source != endpoint.source and endpoint.text.rstrip("/") != region_url:
            sources.problem(endpoint.name, f"names another address than {region.name}; remove one of the two")
    if len(sources.problems) > count:
        return None
    if endpoint is not None:
        base_url = endpoint.text.rstrip("/")
        # Where both are given, the endpoint is a way to the region (a proxy): tokens are requested for the region itself.
        return Location(base_url, region_url or base_url, endpoint.source)
    if region_url is None:
        sources.problem(
            "talend:region",
            f"is required: the Talend Cloud region ({', '.join(REGIONS)}). Run `pulumi config set talend:region eu`, or set "
            "TALEND_REGION in the environment",
        )
        return None
    return Location(region_url, region_url, "region")


def _credential(sources: _Sources) -> tuple[TokenCredential | ClientCredential, str] | None:
    """The credential and the names of its settings."""
    count = len(sources.problems)
    found = {name: sources.get_text(name) for name in ("token", "clientId", "clientSecret")}
    if len(sources.problems) > count:
        return None
    # The whole credential comes from one place, the stack before the environment.
    from_stack = any(setting is not None and setting.source == "stack" for setting in found.values())
    source = "stack" if from_stack else "environment"
    token, client_id, client_secret = (
        setting if setting is not None and setting.source == source else None for setting in found.values()
    )
    part = client_id or client_secret
    if token and part:
        sources.problem(token.name, f"is set together with {part.name}; keep one of the two credentials")
    elif token:
        if token.text.isascii() and token.text.isprintable() and " " not in token.text:
            return TokenCredential(token.text), token.name
        sources.problem(token.name, "contains spaces or characters that no token has; copy it again")
    elif client_id and client_secret:
        names = f"{client_id.name} and {client_secret.name}"
        return ClientCredential(client_id.text, client_secret.text), names
    elif part:
        missing = "clientSecret" if client_id else "clientId"
        name = f"talend:{missing}" if from_stack else ENVIRONMENT_NAMES[missing]
        sources.problem(name, f"is required where {part.name} is set; a service account needs both")
    else:
        sources.problem(
            "talend:token",
            "is required: a personal access token. Run `pulumi config set --secret talend:token`, or set TALEND_TOKEN in the "
            "environment (for a service account: talend:clientId and talend:clientSecret)",
        )
    return None


def extra_permissions(config: Callable[[str], object], environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Reads the one setting that inputs are checked with, whatever is wrong with the others.

    Returns:
        Permissions that are accepted beside the documented ones; None where the setting is not valid.
    """
    sources = _Sources(config, environ)
    found = _extra_permissions(sources)
    return None if sources.problems else found


def _extra_permissions(sources: _Sources) -> tuple[str, ...]:
    """Names between commas, or a list of names."""
    setting = sources.get("extraPermissions")
    if setting is None:
        return ()
    given: object = setting.value.split(",") if isinstance(setting.value, str) else setting.value
    items = cast("list[object]", given) if isinstance(given, (list, tuple)) else [given]
    names = [each.strip() if isinstance(each, str) else None for each in items]
    if not all(name is not None and re.fullmatch(r"(?:[A-Za-z]\w*)?", name, re.ASCII) for name in names):
        sources.problem(setting.name, "must be names of permissions with commas between them, or a list of such names")
        return ()
    return tuple(dict.fromkeys(name for name in names if name))
