"""What people write by hand (rules, ends of access, principals, ids, limits, settings): it is read as meant, or refused."""

from __future__ import annotations

import math
import string
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.strange import examples, tellable
from pulumi_talend import principals
from pulumi_talend.api import (
    ENVIRONMENT_NAMES,
    REGIONS,
    ClientCredential,
    ConfigurationError,
    GrantKey,
    Principal,
    TalendError,
    TokenCredential,
    UnsafeNameError,
    resolve_settings,
)
from pulumi_talend.api.text import clean
from pulumi_talend.api.transport import path_segment
from pulumi_talend.resources.expiry import ending_note, has_ended, moment
from pulumi_talend.resources.guard import Limit, limit, removal_limit
from pulumi_talend.review.rules import Rules, broken, find_rules, load_rules
from review.documents import grant_state, mapping_state, nasty_review, review_of, step

RULES = """
admin_roles = ["Environment*"]
broad_groups = ["everyone"]

[[rule]]
name = "managers"
action = "deny"
change = "gain"
permission = ["MANAGE", "PUB*"]
environment = "prod"
except_person = "anna@example.com"

[[rule]]
name = "too many"
action = "require-approval"
removed_share = 0.25
workspace = ["Sales"]

[[rule]]
name = "roles"
action = "warn"
customer_role = "every*"
role = ["Operator"]

[[rule]]
name = "alerts"
action = "warn"
alert = ["gap", "unforeseen"]
"""
ODD_TOML = [
    'nan', 'inf', '-1', '1e400', "0x" + "f" * 5_000, "9" * 5_000, "[" * 3_000, "[" * 3_000 + "]" * 3_000, '""', "''",
    '"""\n"""', '[]', '{}', '{a = 1}', 'true', '1979-05-27', '25:61:00', '[[rule]]', '[rule]', '[tool]', '"\\ud800"',
    '"[a-"', '"[!]"', '"***"', '"\\u202e"', '\x00', '\ufeff', '=', '\r', '["VIEW", 1]',
    '"*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?z"',
]  # fmt: skip
REVIEWS = [
    nasty_review(),
    review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
        step("delete", "c", grant_state("cleo", "prod/Finance", ["VIEW"]), None),
        step("create", "d", None, mapping_state("everyone", ["Operator"]), "RoleMapping"),
    ),
]


@st.composite
def tomls(draw: st.DrawFn) -> str:
    lines = [str(line) for line in RULES.splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        number = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["value", "value", "value", "remove", "repeat", "insert", "cut", "swap"]))
        if how == "value":
            name, equals, _ = lines[number].partition("=")
            lines[number] = f"{name}{equals or '='} {draw(st.sampled_from(ODD_TOML))}"
        elif how == "remove":
            lines[number] = ""
        elif how == "repeat":
            lines.append(lines[number])
        elif how == "insert":
            lines.insert(number, draw(st.sampled_from([*ODD_TOML, *lines])))
        elif how == "cut":
            lines[number] = lines[number][: draw(st.integers(0, 20))]
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[number], lines[other] = lines[other], lines[number]
    return "\n".join(lines)


@examples(150)
@given(st.one_of(tomls().map(str.encode), st.binary(max_size=20)), st.sampled_from(["review.toml", "pyproject.toml"]))
def test_damaged_rules_are_rules_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "rules"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    (folder / name).write_bytes(content)
    try:
        found = find_rules(folder)
        rules = load_rules(found or folder / name)
    except TalendError as error:
        text = str(error)
        assert text.encode()
        assert text == clean(text) or len(text) > 200  # every reason is listed: long, but one line of printable text
        assert text.replace("\n", "") == text
        return
    assert isinstance(rules, Rules)
    for review in REVIEWS:
        assert all(violation.items for violation in broken(rules, review, None))


DIGITS = st.integers(0, 99).map(lambda number: f"{number:02}")
MOMENTS = st.builds(
    "{}-{}-{}{}{}:{}{}{}".format,
    st.sampled_from(["2027", "0001", "9999", "0000", "10000", "２０２７", "-2027"]),
    DIGITS,
    DIGITS,
    st.sampled_from(["T", "t", " ", ""]),
    DIGITS,
    DIGITS,
    st.sampled_from(["", ":00", ":59", ":60", ":00.1", ":00.123456", ":00.1234567", ":00,5", ":٣٠"]),
    st.sampled_from(
        ["Z", "z", "", "+00:00", "+01:00", "-23:59", "+24:00", "+14:00", "+0100", "+99:99", "-00:00", "+01:00\n", " Z"]
    ),
)


@examples(250)
@given(
    st.one_of(
        MOMENTS, st.text(max_size=30), st.none(), st.integers(), st.floats(), st.just("2027-01-01T00:00:00Z" * 200)
    )
)
def test_what_ends_access_is_a_moment_or_refused(value: object) -> None:
    """Never "forever" for what does not parse, and nothing that breaks once it is compared with the clock."""
    try:
        found = moment(value)
    except ValueError as error:
        tellable(error)
        return
    assert isinstance(value, str)
    assert value.isascii()
    assert found.tzinfo is not None
    for at in (
        datetime.now(timezone.utc),
        datetime(1970, 1, 1, tzinfo=timezone.utc),
        datetime.max.replace(tzinfo=timezone.utc),
    ):
        assert has_ended(value, at) == (found <= at)
        note = ending_note("access", value, at)
        assert (note is not None) == (timedelta(0) < found - at <= timedelta(days=7))


@examples(150)
@given(
    st.datetimes(
        timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])
    )
)
def test_every_moment_can_be_written_and_is_read_as_the_same(when: datetime) -> None:
    assert moment(when.isoformat()) == when
    if when.utcoffset() == timedelta(0):
        assert moment(when.isoformat().replace("+00:00", "Z")) == when


NAMES = st.one_of(
    st.text(max_size=20),
    st.text(st.sampled_from("user:-idserviceaccount @.x"), max_size=30),
    st.sampled_from(["user:", "user-id:", "service-account: x", "USER:anna", "user:user:x", "service-account-id:a:b"]),
)


@examples(150)
@given(NAMES)
def test_a_principal_is_read_back_as_written_or_refused(text: str) -> None:
    try:
        found = principals.read(text)
    except ValueError as error:
        tellable(error)
        return
    assert found.value
    assert found.value.isprintable()
    write = {
        "user": principals.user,
        "user-id": principals.user_id,
        "service-account": principals.service_account,
        "service-account-id": principals.service_account_id,
    }[found.form]
    assert text in {write(found.value), found.value}
    assert principals.read(write(found.value)) == found


@examples(150)
@given(st.one_of(st.text(max_size=30), st.from_regex(r"[^/]{1,4}/(users|service-accounts)/[^/]{1,4}")))
def test_an_id_is_that_of_a_grant_or_refused(text: str) -> None:
    try:
        key = GrantKey.from_resource_id(text)
    except ValueError as error:
        tellable(error)
        return
    assert key.resource_id == text
    assert GrantKey.from_resource_id(key.resource_id) == key


@examples(150)
@given(
    st.text(st.characters(exclude_characters="/"), min_size=1),
    st.sampled_from(["users", "service-accounts"]),
    st.text(st.characters(exclude_characters="/"), min_size=1),
)
def test_the_id_of_any_grant_leads_back_to_it(workspace: str, kind: str, who: str) -> None:
    key = GrantKey(workspace, Principal("users" if kind == "users" else "service-accounts", who))
    assert GrantKey.from_resource_id(key.resource_id) == key


@examples(150)
@given(st.one_of(st.text(max_size=15), st.text(st.sampled_from("./%2eE a\\;?#&\n\ud800"), max_size=8)))
def test_a_name_stays_one_segment_of_a_path_or_is_not_sent(value: str) -> None:
    """A name that became a step in a path could make a DELETE that of the whole collection."""
    try:
        segment = path_segment(value)
    except UnsafeNameError as error:
        tellable(error)
        return
    assert set(segment) <= set(string.ascii_letters + string.digits + "-._~%")
    assert segment not in {"", ".", ".."}
    assert unquote(segment) == value
    assert all(step not in {"", ".", ".."} for step in unquote(segment).split("/"))


@examples(150)
@given(
    st.one_of(st.text(max_size=10), st.from_regex(r"\A\s*\d{1,9}\s*%?\s*\Z")), st.integers(0, 500), st.integers(0, 500)
)
def test_a_limit_is_a_share_or_a_number_or_refused(text: str, removed: int, before: int) -> None:
    try:
        found = limit(text)
    except ValueError as error:
        tellable(error)
        if text.strip():
            with pytest.raises(ConfigurationError) as caught:
                removal_limit({"talend:maxRemovals": text}.get, {})
            tellable(caught.value)
        return
    number = int(text.strip().rstrip("%").strip())
    assert found == (Limit(share=number / 100) if "%" in text else Limit(share=None, count=number))
    most = number if "%" not in text else max(1, math.floor(number * before / 100))
    assert found.allows(removed, before) == (removed <= most)
    assert removal_limit({"talend:maxRemovals": text}.get, {}) == found


ENDPOINTS = [
    'eu', 'EU', 'us', 'us-west', 'true', 'https://api.eu.cloud.talend.com', 'http://127.0.0.1:1', 'http://localhost',
    'http://[::1]', 'http://talend.example', 'https://a@b', 'https://xn--a', 'https://[::1%eth0]:1', '//a', 'https:',
    'https:///a', 'https://a:99999', 'https://a:b', 'HTTPS://A/', 'https://\uff41.example',
]  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from([*ENDPOINTS, " us ", "https://" + "a" * 300, "https://\u3002", "https://a b", "\x00"]),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https", "file", "HTTP"]),
        st.text(max_size=10),
        st.sampled_from(["", "/", ":1"]),
    ),
)
NAMED = st.sampled_from(
    ["region", "endpoint", "token", "clientId", "clientSecret", "extraPermissions", "allowInsecureHttp"]
)


def refused_well(error: ConfigurationError) -> None:
    assert error.problems
    for problem in error.problems:
        tellable(str(problem))
        assert problem.where.startswith(("talend:", "TALEND_"))


@examples(150)
@given(
    st.dictionaries(NAMED, st.one_of(VALUES, st.booleans(), st.integers())),
    st.dictionaries(NAMED, VALUES.filter(lambda value: value is not None)),
)
def test_settings_lead_somewhere_safe_or_are_refused(config: dict[str, object], environment: dict[str, str]) -> None:
    variables = {ENVIRONMENT_NAMES[name]: value for name, value in environment.items()}
    try:
        found = resolve_settings(lambda name: config.get(name.removeprefix("talend:")), variables)
    except ConfigurationError as error:
        refused_well(error)
        return
    assert found.base_url.encode().isascii() or found.base_url.isprintable()
    assert found.base_url.lower().startswith(("https://", "http://"))
    assert isinstance(found.credential, TokenCredential | ClientCredential)
    assert all(secret not in repr(found) for secret in found.secrets if len(secret) > 6)
    if "endpoint" not in config and "endpoint" not in environment:
        assert found.base_url in {f"https://api.{region}.cloud.talend.com" for region in REGIONS}


def test_a_pattern_with_many_stars_is_matched_in_time(tmp_path: Path) -> None:
    """Patterns come from a file in the repository: one that takes for ever would stop every review."""
    (tmp_path / "review.toml").write_text(
        f'[[rule]]\nname = "r"\naction = "deny"\nperson = "{"*a" * 40}b"\n', encoding="utf-8"
    )
    person = "a" * 60
    review = review_of(step("create", "x", None, grant_state("id", "prod/Sales", ["VIEW"], login=person)))
    assert broken(load_rules(tmp_path / "review.toml"), review, None) == []
