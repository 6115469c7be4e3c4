"""Regions of Talend Cloud, and which addresses a credential may be sent to.

Regions: the vendor's OpenAPI documents and its table of data centers. The list grows, so that it serves suggestions only: any
well-formed identifier is accepted.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from .lean_httpx import httpx
from .text import clean

EndpointSource = Literal["stack", "environment", "region"]

REGIONS = ("eu", "us", "us-west", "ap", "au", "in", "sg", "ie", "uk", "fr", "il", "ae")
"""The known regions."""

QLIK_REGIONS = {"eu": "ie", "de": "eu", "ap": "au", "jp": "ap"}
"""Qlik Cloud's name of a region → Talend's name of the same place, where they differ."""

_REGION = r"[a-z]{2,}(?:-[a-z0-9]+)*"
_TALEND_HOST = re.compile(rf"api\.{_REGION}\.cloud\.talend\.com")
_EXAMPLE = "write it like https://api.eu.cloud.talend.com"


@dataclass(frozen=True)
class Location:
    """Where the API is, for which API tokens are requested, and who said so."""

    base_url: str
    audience: str
    source: EndpointSource


def endpoint_url(region: str) -> str:
    """Returns the address of a region."""
    return f"https://api.{region}.cloud.talend.com"


def region_problem(region: str) -> str | None:
    """Returns why `region` is not a valid identifier; None where it is."""
    if re.fullmatch(_REGION, region):
        return None
    return f"'{clean(region)}' is not a region{_similar(region)}; known regions: {', '.join(REGIONS)}"


def region_warning(region: str) -> str | None:
    """Returns a warning for a well-formed region that is not known; None for a known one."""
    if region in REGIONS:
        return None
    return f"'{region}' is not a known region{_similar(region)}; known regions: {', '.join(REGIONS)}"


def qlik_hint(region: str) -> str:
    """Returns a hint where Qlik Cloud has the name `region` for another place; else an empty text."""
    other = QLIK_REGIONS.get(region)
    return f"Qlik Cloud's {region} is Talend's {other}" if other else ""


def region_of(base_url: str) -> str:
    """Returns the region of a Talend address; empty for any other address."""
    match = re.fullmatch(rf"https://api\.({_REGION})\.cloud\.talend\.com(?::\d+)?(?:/.*)?", base_url)
    return match[1] if match else ""


def _similar(region: str) -> str:
    name = region.lower().replace("_", "-")
    if name not in REGIONS and (hint := qlik_hint(name)):
        return f" ({hint})"
    near = difflib.get_close_matches(name, REGIONS, n=2)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def is_this_machine(host: str) -> bool:
    """Whether `host` is this machine: a literal loopback address, or exactly `localhost`.

    Other names (`x.localhost`, `127.0.0.1.example`) depend on a resolver, and so on who answers it.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint_problem(
    url: str, source: EndpointSource, allowed_hosts: Collection[str], *, insecure_allowed: bool
) -> str | None:
    """Returns why no credential may be sent to `url`; None where it may.

    Args:
        url: The address.
        source: Who named it. A stack's configuration may name Talend's hosts and this machine only.
        allowed_hosts: Other hosts that the environment allows a stack to name, in lower case.
        insecure_allowed: Whether the environment allows plain HTTP beyond this machine.
    """
    if "@" in url:
        # Checked before the URL is parsed, and not repeated: it contains what may be a password.
        return "a URL with a user name or password is not accepted; use talend:token or talend:clientId"
    if "?" in url or "#" in url:
        return "a URL with a query or a fragment is not accepted; write only scheme, host and path"
    shown = "".join(character for character in url if character.isprintable())[:200]
    try:
        # Parsed by the client's own parser: two parsers may disagree about the host.
        parts = httpx.URL(url)
        scheme, host, port = parts.scheme, parts.raw_host.decode("ascii").lower(), parts.port
        _ = parts.host  # decodes an international name, which may fail
    except (httpx.InvalidURL, ValueError) as error:
        return f"'{shown}' is not a URL ({clean(str(error))}); {_EXAMPLE}"
    if scheme not in {"http", "https"} or not host or any(c.isspace() for c in url) or not _usable(port):
        return f"'{shown}' is not a URL; {_EXAMPLE}"
    if is_this_machine(host):
        return None
    if scheme == "http" and not insecure_allowed:
        return (
            f"'{shown}' would send the credential in clear text; use https, or set TALEND_ALLOW_INSECURE_HTTP=true in the "
            "environment if you mean it"
        )
    if source == "stack" and not _TALEND_HOST.fullmatch(host) and host not in allowed_hosts:
        return (
            f"'{shown}' is not Talend's API, and the credential would be sent there; set TALEND_ALLOW_ENDPOINT={host} in the "
            "environment to allow it"
        )
    return None


def _usable(port: int | None) -> bool:
    return port is None or 0 < port < 65536
