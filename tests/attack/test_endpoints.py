"""Where a credential may be sent: by an address in a stack's configuration, and by one in the environment."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_talend.api import ENVIRONMENT_ONLY
from pulumi_talend.errors import ConfigurationError
from resolving import ACCOUNT, TOKEN, problems, resolve


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
        ("http://tenant.localhost", "in clear text"),
        ("http://0.0.0.0", "in clear text"),
        ("http://127.1", "in clear text"),
        ("http://2130706433", "in clear text"),
        ("HTTP://EXAMPLE.COM", "in clear text"),
    ],
)
@pytest.mark.parametrize(("where", "name"), [("stack", "talend:endpoint"), ("shell", "TALEND_ENDPOINT")])
def test_an_endpoint_that_is_not_usable_is_refused(endpoint: str, said: str, where: str, name: str) -> None:
    given_ = {"endpoint": endpoint, **TOKEN}
    found = problems(given_) if where == "stack" else problems(shell=given_)
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
    assert "is not accepted" in found["talend:endpoint"]


CREDENTIALS: list[tuple[dict[str, str], dict[str, str]]] = [(TOKEN, {}), ({}, TOKEN), (ACCOUNT, {}), ({}, ACCOUNT)]
LOCAL = ["http://127.0.0.1:8400", "http://127.8.8.8", "http://localhost:8400", "http://LocalHost", "http://[::1]:8400"]
TALEND = ["https://api.eu.cloud.talend.com", "https://api.us-west.cloud.talend.com", "HTTPS://API.new.Cloud.Talend.com"]
ELSEWHERE = [
    "https://proxy.example/talend",
    "https://api.eu.cloud.talend.com.example",
    "https://api.eu.cloud.talend.com.",
    "https://xapi.eu.cloud.talend.com",
    "https://api.cloud.talend.com",
    "https://api..cloud.talend.com",
    "https://api.e.u.cloud.talend.com",
    "https://eu.cloud.talend.com",
    "https://api.eu.cloud-talend.com",
    "https://api.eu.cloud.talend.com%2e.example",
    "https://tenant.localhost",
    "https://localhost.example",
    "https://10.0.0.1",
    "https://[::2]",
    "https://127.0.0.1.example",
]


@pytest.mark.parametrize("endpoint", [*LOCAL, *TALEND])
def test_a_stack_may_name_this_machine_and_talend(endpoint: str) -> None:
    for credential in CREDENTIALS:
        found = resolve({"endpoint": endpoint + "/", **credential[0]}, credential[1])
        assert found.base_url == found.audience == endpoint
        assert found.endpoint_source == "stack"


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_a_stack_alone_may_not_name_another_host_wherever_the_credential_comes_from(endpoint: str) -> None:
    for credential in CREDENTIALS:
        found = problems({"endpoint": endpoint, **credential[0]}, credential[1])
        assert list(found) == ["talend:endpoint"]
        if "is not a URL" not in found["talend:endpoint"]:
            assert "the credential would be sent there" in found["talend:endpoint"]
            assert "TALEND_ALLOW_ENDPOINT=" in found["talend:endpoint"]


@pytest.mark.parametrize("allowed", ["proxy.example", "a.example, PROXY.example ,b", "proxy.example,"])
def test_the_environment_allows_a_host_by_its_exact_name(allowed: str) -> None:
    found = resolve({"endpoint": "https://proxy.example/talend", **TOKEN}, {"allowEndpoint": allowed})
    assert found.base_url == "https://proxy.example/talend"
    assert found.endpoint_source == "stack"
    for other in ("https://x.proxy.example", "https://proxy.example.evil.example", "https://proxy.exampl"):
        assert "TALEND_ALLOW_ENDPOINT" in str(problems({"endpoint": other, **TOKEN}, {"allowEndpoint": allowed}))


@pytest.mark.parametrize("endpoint", [one for one in ELSEWHERE if "%" not in one and ".." not in one] + LOCAL + TALEND)
def test_the_environment_may_name_any_host(endpoint: str) -> None:
    found = resolve(shell={"endpoint": endpoint, **TOKEN})
    assert found.base_url == endpoint
    assert found.endpoint_source == "environment"


@pytest.mark.parametrize("flag", ["true", "True", "1", "yes"])
def test_clear_text_elsewhere_is_allowed_by_the_environment(flag: str) -> None:
    allowed = {"allowInsecureHttp": flag}
    assert resolve(TOKEN, {"endpoint": "http://10.0.0.1", **allowed}).base_url == "http://10.0.0.1"
    # For a stack's endpoint, its host has to be allowed too.
    assert "TALEND_ALLOW_ENDPOINT" in str(problems({"endpoint": "http://10.0.0.1", **TOKEN}, allowed))
    both = {**allowed, "allowEndpoint": "10.0.0.1"}
    assert resolve({"endpoint": "http://10.0.0.1", **TOKEN}, both).base_url == "http://10.0.0.1"


@pytest.mark.parametrize("flag", ["false", "0", "no", "", "on?"])
def test_anything_else_does_not_allow_it(flag: str) -> None:
    assert "in clear text" in str(problems(TOKEN, {"endpoint": "http://10.0.0.1", "allowInsecureHttp": flag}))


@pytest.mark.parametrize("name", ENVIRONMENT_ONLY)
@pytest.mark.parametrize("value", ["true", True, "proxy.example", ["proxy.example"]])
def test_what_counts_from_the_environment_only_is_an_error_in_the_file(name: str, value: object) -> None:
    for endpoint in ("https://proxy.example", "http://10.0.0.1", "http://127.0.0.1"):
        found = problems({"endpoint": endpoint, name: value, **TOKEN})
        assert f"set {ENVIRONMENT_ONLY[name]} in the environment" in found[f"talend:{name}"]


def test_with_both_the_endpoint_is_a_way_to_the_region() -> None:
    allowed = {"allowEndpoint": "proxy.example"}
    found = resolve({"endpoint": "https://proxy.example", "region": "ap", **TOKEN}, allowed)
    assert (found.base_url, found.audience) == ("https://proxy.example", "https://api.ap.cloud.talend.com")
    found = resolve(TOKEN, {"endpoint": "https://proxy.example", "region": "ap"})
    assert (found.base_url, found.audience) == ("https://proxy.example", "https://api.ap.cloud.talend.com")


def test_a_region_and_another_endpoint_from_two_places_are_an_error() -> None:
    found = problems({"region": "eu", **TOKEN}, {"endpoint": "http://127.0.0.1:1"})
    assert found == {"TALEND_ENDPOINT": "names another address than talend:region; remove one of the two"}
    found = problems({"endpoint": "http://127.0.0.1:1", **TOKEN}, {"region": "us"})
    assert found == {"talend:endpoint": "names another address than TALEND_REGION; remove one of the two"}
    found = problems({"endpoint": "https://api.eu.cloud.talend.com", **TOKEN}, {"region": "us"})
    assert "names another address" in found["talend:endpoint"]


def test_a_region_and_its_own_endpoint_may_come_from_two_places() -> None:
    for stack, shell in (
        ({"region": "eu"}, {"endpoint": TALEND[0]}),
        ({"endpoint": TALEND[0] + "/"}, {"region": "eu"}),
    ):
        assert resolve({**stack, **TOKEN}, shell).base_url == TALEND[0]


def test_the_region_of_the_stack_wins() -> None:
    assert resolve({"region": "eu", **TOKEN}, {"region": "us"}).base_url == "https://api.eu.cloud.talend.com"
    assert resolve(TOKEN, {"region": "us"}).base_url == "https://api.us.cloud.talend.com"


@given(st.text(max_size=30) | st.text(alphabet="htps:/[]@.:%?#\\ax1é\x7f", max_size=30).map("https://".__add__))
@example("https://a..b")
@example("https://é..b")
@example("https://xn--")
@example("https://host\x01")
@example("https://a" + "b" * 64 + ".é")
def test_whatever_is_taken_as_an_endpoint_can_be_called(endpoint: str) -> None:
    try:
        found = resolve(shell={"endpoint": endpoint, **TOKEN})
    except ConfigurationError:
        return  # and no other exception
    url = httpx.URL(found.base_url + "/security/role-mappings")
    assert url.host
    assert url.scheme in {"http", "https"}
    assert url.userinfo == b""


hosts = st.sampled_from(["api.eu.cloud.talend.com", "localhost", "127.0.0.1", "evil.example"])


@given(st.lists(hosts | st.sampled_from(list(".@:/\\#?%。．a\u200b\uff41\t")), max_size=5).map("".join))
def test_a_stack_s_own_endpoint_leads_to_talend_or_this_machine_and_nowhere_else(rest: str) -> None:
    try:
        found = resolve({"endpoint": f"https://{rest}", **TOKEN})
    except ConfigurationError:
        return
    request = httpx.Client().build_request("GET", found.base_url + "/x")
    assert request.url.raw_host in {b"api.eu.cloud.talend.com", b"localhost", b"127.0.0.1"}
