"""Settings: every combination of the stack's configuration and the environment, and every way to get them wrong."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import support
from pulumi_talend.api import (
    ENVIRONMENT_NAMES,
    REGIONS,
    ClientCredential,
    ConfigurationError,
    Settings,
    TokenCredential,
    resolve_settings,
)

TOKEN = {"token": "pat-1"}
ACCOUNT = {"clientId": "id-1", "clientSecret": "secret-1"}


def resolve(stack: Mapping[str, object] | None = None, shell: Mapping[str, str] | None = None) -> Settings:
    """Settings from `name: value` of the stack and of the environment, both by the stack's names."""
    config = {f"talend:{name}": value for name, value in (stack or {}).items()}
    return resolve_settings(config.get, {ENVIRONMENT_NAMES[name]: value for name, value in (shell or {}).items()})


def problems(stack: Mapping[str, object] | None = None, shell: Mapping[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        resolve(stack, shell)
    found = {problem.where: problem.reason for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems)
    for where, reason in found.items():
        assert f"{where}: {reason}" in str(caught.value)
        support.readable(f"{where}: {reason}")
    return found


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("where", ["stack", "shell"])
def test_each_region_has_its_host(region: str, where: str) -> None:
    given = {"region": region, **TOKEN}
    found = resolve(given) if where == "stack" else resolve(shell=given)
    assert found.base_url == found.audience == f"https://api.{region}.cloud.talend.com"
    assert found.credential == TokenCredential("pat-1")
    assert found.extra_permissions == ()


def test_the_five_regions() -> None:
    assert REGIONS == ("eu", "us", "us-west", "ap", "au")


def test_where_nothing_is_set_everything_missing_is_said_with_how_to_set_it() -> None:
    found = problems()
    assert set(found) == {"talend:region", "talend:token"}
    assert "pulumi config set talend:region eu" in found["talend:region"]
    assert "TALEND_REGION" in found["talend:region"]
    assert "eu, us, us-west, ap, au" in found["talend:region"]
    assert "pulumi config set --secret talend:token" in found["talend:token"]
    assert "TALEND_TOKEN" in found["talend:token"]
    assert "talend:clientId" in found["talend:token"]


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_value_is_none(blank: str) -> None:
    assert set(problems({"region": blank, "token": blank}, {"region": blank, "token": blank})) == {
        "talend:region",
        "talend:token",
    }
    found = resolve({"region": blank, "token": blank}, {"region": "us", **TOKEN})
    assert found.base_url == "https://api.us.cloud.talend.com"


def test_blanks_around_a_value_are_no_part_of_it() -> None:
    found = resolve({"region": " eu\n", "token": " pat-1\n"})
    assert (found.base_url, found.credential) == ("https://api.eu.cloud.talend.com", TokenCredential("pat-1"))


@pytest.mark.parametrize(("where", "name"), [("stack", "talend:region"), ("shell", "TALEND_REGION")])
@pytest.mark.parametrize("region", ["EU", "europe", "eu.evil.example", "eu/../x", "us_west"])
def test_another_region_is_refused_by_the_name_it_was_set_by(where: str, name: str, region: str) -> None:
    given = {"region": region, **TOKEN}
    found = problems(given) if where == "stack" else problems(shell=given)
    assert found == {name: f"no region '{region}'; use one of eu, us, us-west, ap, au"}


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("api.eu.cloud.talend.com", "is not a URL"),
        ("ftp://api.eu.cloud.talend.com", "is not a URL"),
        ("https://", "is not a URL"),
        ("https:///path", "is not a URL"),
        ("https://a b", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://host:notaport", "is not a URL"),
        ("https://host:99999", "is not a URL"),
        ("javascript:alert(1)", "is not a URL"),
        ("https://host/?a=b", "query or a fragment"),
        ("https://host/#top", "query or a fragment"),
        ("http://api.eu.cloud.talend.com", "in clear text"),
        ("http://10.0.0.1:8080", "in clear text"),
        ("http://127.0.0.1.evil.example", "in clear text"),
        ("http://localhost.evil.example", "in clear text"),
        ("http://0.0.0.0", "in clear text"),
        ("HTTP://EXAMPLE.COM", "in clear text"),
    ],
)
@pytest.mark.parametrize(("where", "name"), [("stack", "talend:endpoint"), ("shell", "TALEND_ENDPOINT")])
def test_an_endpoint_that_is_none_is_refused(endpoint: str, said: str, where: str, name: str) -> None:
    given = {"endpoint": endpoint, **TOKEN}
    found = problems(given) if where == "stack" else problems(shell=given)
    assert list(found) == [name]
    assert said in found[name]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://me:pass4711@host",
        "https://pass4711@host",
        "https://:pass4711@host",
        "https://me:pass4711@host:notaport",
        "https://me:pass/4711@host",
        "https://me:pass4711@[::1",
        "http://me:pass4711@127.0.0.1",
        "https:/me:pass4711@host",
        "me:pass4711@host",
        "https://host/?token=pass4711",
        "https://host:port/#pass4711",
    ],
)
def test_a_url_that_may_hold_a_password_is_never_repeated(endpoint: str) -> None:
    found = problems({"endpoint": endpoint, **TOKEN})
    assert list(found) == ["talend:endpoint"]
    assert "4711" not in found["talend:endpoint"]
    assert "refused" in found["talend:endpoint"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8400",
        "http://127.8.8.8",
        "http://localhost:8400",
        "http://tenant.localhost",
        "http://[::1]:8400",
        "https://proxy.example/talend",
        "HTTPS://Proxy.Example",
    ],
)
def test_an_endpoint_over_tls_or_on_this_machine_is_taken(endpoint: str) -> None:
    found = resolve({"endpoint": endpoint + "/", **TOKEN})
    assert found.base_url == found.audience == endpoint


@pytest.mark.parametrize("flag", ["true", "True", "1", "yes", True])
def test_clear_text_elsewhere_has_to_be_said(flag: object) -> None:
    assert resolve({"endpoint": "http://10.0.0.1", "allowInsecureHttp": flag, **TOKEN}).base_url == "http://10.0.0.1"


@pytest.mark.parametrize("flag", ["false", "0", "no", "", "on?", False])
def test_anything_else_is_not_saying_it(flag: object) -> None:
    assert "in clear text" in str(problems({"endpoint": "http://10.0.0.1", "allowInsecureHttp": flag, **TOKEN}))


def test_with_both_the_endpoint_is_a_way_to_the_region() -> None:
    found = resolve({"endpoint": "https://proxy.example", "region": "ap", **TOKEN})
    assert (found.base_url, found.audience) == ("https://proxy.example", "https://api.ap.cloud.talend.com")


def test_the_stack_s_place_beats_the_shell_s() -> None:
    found = resolve({"region": "eu", **TOKEN}, {"endpoint": "http://127.0.0.1:1", "region": "us"})
    assert found.base_url == found.audience == "https://api.eu.cloud.talend.com"
    found = resolve({"endpoint": "http://127.0.0.1:1", **TOKEN}, {"region": "us"})
    assert found.base_url == found.audience == "http://127.0.0.1:1"
    found = resolve(TOKEN, {"region": "us"})
    assert found.base_url == "https://api.us.cloud.talend.com"


CREDENTIAL_NAMES = ("token", "clientId", "clientSecret")
SUBSETS = [set(subset) for size in range(4) for subset in itertools.combinations(CREDENTIAL_NAMES, size)]


@pytest.mark.parametrize("shell", SUBSETS, ids=lambda names: "shell:" + "+".join(sorted(names)))
@pytest.mark.parametrize("stack", SUBSETS, ids=lambda names: "stack:" + "+".join(sorted(names)))
def test_one_origin_speaks_for_the_whole_credential(stack: set[str], shell: set[str]) -> None:
    in_stack = {"region": "eu", **{name: f"stack-{name}" for name in stack}}
    in_shell = {name: f"shell-{name}" for name in shell}
    counts, origin = (stack, "stack") if stack else (shell, "shell")
    if counts == {"token"}:
        assert resolve(in_stack, in_shell).credential == TokenCredential(f"{origin}-token")
    elif counts == {"clientId", "clientSecret"}:
        expected = ClientCredential(f"{origin}-clientId", f"{origin}-clientSecret")
        assert resolve(in_stack, in_shell).credential == expected
    else:
        found = problems(in_stack, in_shell)
        assert not any(value in str(found) for value in (*in_stack.values(), *in_shell.values()) if "-" in value)
        ((name, reason),) = found.items()

        def named(setting: str) -> str:
            return f"talend:{setting}" if origin == "stack" else ENVIRONMENT_NAMES[setting]

        if not counts:
            assert (name, "not set" in reason) == ("talend:token", True)
        elif "token" in counts:
            assert name == named("token")
            assert "keep one of the two credentials" in reason
            assert any(named(other) in reason for other in counts - {"token"})
        else:
            (half,) = counts
            (missing,) = {"clientId", "clientSecret"} - counts
            assert name == named(missing)
            assert reason == f"not set, though {named(half)} is; a service account needs both"


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tab\tbed", "bell\x07", "délicat", "del\x7f"])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token: str) -> None:
    found = problems({"region": "eu", "token": token})
    assert list(found) == ["talend:token"]
    assert "copy it again" in found["talend:token"]
    assert not any(part in str(found) for part in token.split())


def test_every_problem_is_said_at_once() -> None:
    assert set(problems({"region": "mars", "clientId": "id-1"})) == {"talend:region", "talend:clientSecret"}


def test_extra_permissions_are_a_list_with_commas() -> None:
    assert resolve({"region": "eu", "extraPermissions": "USE_ENGINES, ,OTHER,", **TOKEN}).extra_permissions == (
        "USE_ENGINES",
        "OTHER",
    )
    assert resolve({"region": "eu", **TOKEN}, {"extraPermissions": "X"}).extra_permissions == ("X",)


def test_secrets_of_settings_are_never_shown() -> None:
    for credential in (TOKEN, ACCOUNT):
        found = resolve({"region": "eu", **credential})
        assert found.secrets == (credential.get("token", "secret-1"),)
        for text in (repr(found), str(found), repr(found.credential), f"{found!s}"):
            assert not any(secret in text for secret in found.secrets)


def test_equal_settings_are_one_key() -> None:
    assert hash(resolve({"region": "eu", **TOKEN})) == hash(resolve(shell={"region": "eu", **TOKEN}))
    assert resolve({"region": "eu", **TOKEN}) != resolve({"region": "eu", "token": "another"})


@given(st.text(max_size=30) | st.text(alphabet="htps:/[]@.:%?#\\ax1é\x7f", max_size=30).map("https://".__add__))
@example("https://a..b")
@example("https://é..b")
@example("https://xn--")
@example("https://host\x01")
@example("https://a" + "b" * 64 + ".é")
def test_whatever_is_taken_as_an_endpoint_can_be_called(endpoint: str) -> None:
    try:
        found = resolve({"endpoint": endpoint, **TOKEN})
    except ConfigurationError:
        return  # and no other exception
    url = httpx.URL(found.base_url + "/security/role-mappings")
    assert url.host
    assert url.scheme in {"http", "https"}
    assert url.userinfo == b""
