"""Settings: every combination of the stack's configuration and the environment, and every way to get them wrong."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pulumi_talend.api import ENVIRONMENT_NAMES, REGIONS, ClientCredential, TokenCredential
from resolving import ACCOUNT, TOKEN, problems, resolve


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("where", ["stack", "shell"])
def test_each_known_region_has_its_host(region: str, where: str) -> None:
    given_ = {"region": region, **TOKEN}
    found = resolve(given_) if where == "stack" else resolve(shell=given_)
    assert found.base_url == found.audience == f"https://api.{region}.cloud.talend.com"
    assert found.credential == TokenCredential("pat-1")
    assert found.endpoint_source == "region"
    assert (found.extra_permissions, found.warnings) == ((), ())


def test_where_nothing_is_set_everything_missing_is_said_with_how_to_set_it() -> None:
    found = problems()
    assert set(found) == {"talend:region", "talend:token"}
    assert "is required" in found["talend:region"]
    assert "pulumi config set talend:region eu" in found["talend:region"]
    assert "TALEND_REGION" in found["talend:region"]
    assert "eu, us, us-west, ap, au" in found["talend:region"]
    assert "pulumi config set --secret talend:token" in found["talend:token"]
    assert "TALEND_TOKEN" in found["talend:token"]
    assert "talend:clientId" in found["talend:token"]


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_value_counts_as_missing(empty: str) -> None:
    assert set(problems({"region": empty, "token": empty}, {"region": empty, "token": empty})) == {
        "talend:region",
        "talend:token",
    }
    found = resolve({"region": empty, "token": empty}, {"region": "us", **TOKEN})
    assert found.base_url == "https://api.us.cloud.talend.com"


def test_whitespace_around_a_value_is_no_part_of_it() -> None:
    found = resolve({"region": " eu\n", "token": " pat-1\n"})
    assert (found.base_url, found.credential) == ("https://api.eu.cloud.talend.com", TokenCredential("pat-1"))


@pytest.mark.parametrize(("where", "name"), [("stack", "talend:region"), ("shell", "TALEND_REGION")])
@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("EU", "did you mean eu"),
        ("US-West", "did you mean us-west"),
        ("us_west", "did you mean us-west"),
        ("e", "known regions: eu, us"),
        ("eu-", "did you mean eu"),
        ("us--west", "did you mean us-west"),
        ("eu.evil.example", "known regions"),
        ("eu/../x", "known regions"),
        ("eu cloud", "known regions"),
        ("12", "known regions"),
        ("eu\n.example", "known regions"),
    ],
)
def test_a_region_that_is_not_well_formed_is_refused_by_its_name(where: str, name: str, region: str, hint: str) -> None:
    given_ = {"region": region, **TOKEN}
    found = problems(given_) if where == "stack" else problems(shell=given_)
    assert list(found) == [name]
    assert "is not a region" in found[name]
    assert hint in found[name]


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("de", "(Qlik Cloud's de is Talend's eu)"),
        ("jp", "(Qlik Cloud's jp is Talend's ap)"),
        ("us-wst", "did you mean us-west"),
        ("sao-paulo", "is not a known region"),
        ("eus", "did you mean us or eu"),
        ("us-east-2", "did you mean us-west"),
    ],
)
def test_an_unknown_region_that_is_well_formed_is_taken_with_a_warning(region: str, hint: str) -> None:
    found = resolve({"region": region, **TOKEN})
    assert found.base_url == f"https://api.{region}.cloud.talend.com"
    ((where, reason),) = [(warning.where, warning.reason) for warning in found.warnings]
    assert where == "talend:region"
    assert hint in reason
    assert "known regions: eu, us, us-west" in reason


CREDENTIAL_NAMES = ("token", "clientId", "clientSecret")
SUBSETS = [set(subset) for size in range(4) for subset in itertools.combinations(CREDENTIAL_NAMES, size)]


@pytest.mark.parametrize("shell", SUBSETS, ids=lambda names: "shell:" + "+".join(sorted(names)))
@pytest.mark.parametrize("stack", SUBSETS, ids=lambda names: "stack:" + "+".join(sorted(names)))
def test_the_whole_credential_comes_from_one_place(stack: set[str], shell: set[str]) -> None:
    in_stack = {"region": "eu", **{name: f"stack-{name}" for name in stack}}
    in_shell = {name: f"shell-{name}" for name in shell}
    counts, origin = (stack, "stack") if stack else (shell, "shell")

    def named(setting: str) -> str:
        return f"talend:{setting}" if origin == "stack" else ENVIRONMENT_NAMES[setting]

    if counts == {"token"}:
        found = resolve(in_stack, in_shell)
        assert found.credential == TokenCredential(f"{origin}-token")
        assert found.token_source == named("token")
    elif counts == {"clientId", "clientSecret"}:
        found = resolve(in_stack, in_shell)
        assert found.credential == ClientCredential(f"{origin}-clientId", f"{origin}-clientSecret")
        assert found.token_source == f"{named('clientId')} and {named('clientSecret')}"
    else:
        reasons = problems(in_stack, in_shell)
        assert not any(value in str(reasons) for value in (*in_stack.values(), *in_shell.values()) if "-" in value)
        ((name, reason),) = reasons.items()
        if not counts:
            assert (name, "is required" in reason) == ("talend:token", True)
        elif "token" in counts:
            assert name == named("token")
            assert "keep one of the two credentials" in reason
            assert any(named(other) in reason for other in counts - {"token"})
        else:
            (half,) = counts
            (missing,) = {"clientId", "clientSecret"} - counts
            assert name == named(missing)
            assert reason == f"is required where {named(half)} is set; a service account needs both"


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tab\tbed", "bell\x07", "délicat", "del\x7f"])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token: str) -> None:
    found = problems({"region": "eu", "token": token})
    assert list(found) == ["talend:token"]
    assert "copy it again" in found["talend:token"]
    assert not any(part in str(found) for part in token.split())


def test_every_problem_is_said_at_once() -> None:
    stack = {"region": "m", "clientId": "id-1", "extraPermissions": [1], "allowInsecureHttp": True}
    assert set(problems(stack)) == {
        "talend:region",
        "talend:clientSecret",
        "talend:extraPermissions",
        "talend:allowInsecureHttp",
    }


@pytest.mark.parametrize("name", ["region", "endpoint", "token", "clientId", "clientSecret"])
@pytest.mark.parametrize("value", [["geheim-4711"], {"a": "geheim-4711"}, ("geheim-4711",), 1.5])
def test_a_single_setting_that_is_a_list_is_refused_in_words(name: str, value: Any) -> None:
    found = problems({"region": "eu", **(TOKEN if name in {"region", "endpoint"} else {}), name: value})
    assert "must be a single text" in found[f"talend:{name}"]
    assert "4711" not in str(found)


@pytest.mark.parametrize("name", ["region", "endpoint", "token", "clientId", "clientSecret"])
@pytest.mark.parametrize("value", ['["geheim-4711"]', '{"a": "geheim-4711"}', " []", "{}"])
def test_a_list_as_the_engine_hands_it_on_is_refused_in_words(name: str, value: str) -> None:
    found = problems({"region": "eu", **(TOKEN if name in {"region", "endpoint"} else {}), name: value})
    assert set(found) == {f"talend:{name}"}
    assert "must be a single text" in found[f"talend:{name}"]
    assert "4711" not in str(found)


@pytest.mark.parametrize("region", ["Mars 1", "7", '["eu"]', '{"a": "eu"}'])
def test_a_wrong_region_beside_an_endpoint_is_one_problem(region: str) -> None:
    shell = {"endpoint": "https://api.eu.cloud.talend.com"}
    assert set(problems({"region": region, **TOKEN}, shell)) == {"talend:region"}


@pytest.mark.parametrize(
    "value",
    ["USE_ENGINES, ,OTHER,", ["USE_ENGINES", "OTHER"], ("USE_ENGINES", " OTHER "), '["USE_ENGINES", "OTHER", "OTHER"]'],
)
def test_extra_permissions_are_a_list_or_names_with_commas(value: Any) -> None:
    found = resolve({"region": "eu", "extraPermissions": value, **TOKEN})
    assert found.extra_permissions == ("USE_ENGINES", "OTHER")
    if isinstance(value, str):
        assert resolve({"region": "eu", **TOKEN}, {"extraPermissions": value}) == found


@pytest.mark.parametrize(
    "value", [{"A": 1}, [1], [["A"]], [None], 7, "7", "A B", "[", '["A", 1]', '{"A": 1}', "[" * 100_000]
)
def test_extra_permissions_of_another_form_are_refused_in_words(value: Any) -> None:
    found = problems({"region": "eu", "extraPermissions": value, **TOKEN})
    assert "names of permissions" in found["talend:extraPermissions"]


def test_secrets_of_settings_are_never_shown() -> None:
    for credential in (TOKEN, ACCOUNT):
        found = resolve({"region": "eu", **credential})
        assert found.secrets == (credential.get("token", "secret-1"),)
        for text in (repr(found), str(found), repr(found.credential), f"{found!s}"):
            assert not any(secret in text for secret in found.secrets)


def test_equal_settings_are_one_key_wherever_they_come_from() -> None:
    one, other = resolve({"region": "eu", **TOKEN}), resolve(shell={"region": "eu", **TOKEN})
    assert one == other
    assert hash(one) == hash(other)
    assert one != resolve({"region": "eu", "token": "another"})
