"""What people write by hand (ends of access, principals, ids, limits, settings): it is read as meant, or refused."""

from __future__ import annotations

import math
import re
import string
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.strange import examples, tellable
from pulumi_talend.api import ENVIRONMENT_NAMES, ClientCredential, TokenCredential, resolve_settings
from pulumi_talend.api.requests import path_segment
from pulumi_talend.errors import ConfigurationError, UnsafeNameError
from pulumi_talend.model import principals
from pulumi_talend.model.expiry import ends_soon, has_ended, parse_time
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend.provider.removal_limit import Limit, parse_limit, stack_limit

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
        found = parse_time(value)
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
        note = ends_soon(value, at)
        assert (note is not None) == (timedelta(0) < found - at <= timedelta(days=7))


@examples(150)
@given(
    st.datetimes(
        timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])
    )
)
def test_every_moment_can_be_written_and_is_read_as_the_same(when: datetime) -> None:
    assert parse_time(when.isoformat()) == when
    if when.utcoffset() == timedelta(0):
        assert parse_time(when.isoformat().replace("+00:00", "Z")) == when


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
    assert not {"", ".", ".."} & set(value.split("/"))  # some servers decode the path before they split it
    assert unquote(segment) == value
    assert all(step not in {"", ".", ".."} for step in unquote(segment).split("/"))


@examples(150)
@given(
    st.one_of(st.text(max_size=10), st.from_regex(r"\A\s*\d{1,9}\s*%?\s*\Z")), st.integers(0, 500), st.integers(0, 500)
)
def test_a_limit_is_a_share_or_a_number_or_refused(text: str, removed: int, before: int) -> None:
    try:
        found = parse_limit(text)
    except ValueError as error:
        tellable(error)
        if text.strip():
            with pytest.raises(ConfigurationError) as caught:
                stack_limit({"talend:maxRemovals": text}.get, {})
            tellable(caught.value)
        return
    number = int(text.strip().rstrip("%").strip())
    assert found == (Limit(share=number / 100) if "%" in text else Limit(share=None, count=number))
    most = number if "%" not in text else max(1, math.floor(number * before / 100))
    assert found.allows(removed, before) == (removed <= most)
    assert stack_limit({"talend:maxRemovals": text}.get, {}) == found


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
NAMED = st.sampled_from(sorted(ENVIRONMENT_NAMES))


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
        assert re.fullmatch(r"https://api\.[a-z0-9-]+\.cloud\.talend\.com", found.base_url)
