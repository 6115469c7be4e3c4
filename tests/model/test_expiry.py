"""Ends of access: a text is a time with a zone or an error, never "for ever"."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.model.expiry import ends_soon, has_ended, is_later, parse_time

NOW = datetime(2027, 1, 31, 17, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text", ["2027-01-31T18:00:00+01:00", "2027-01-31T17:00:00Z", "2027-01-31T17:00Z", "2027-01-31T17:00:00.0Z"]
)
def test_the_same_moment_in_each_form(text: str) -> None:
    assert parse_time(text) == NOW


@pytest.mark.parametrize("digits", ["1", "12", "123456"])
def test_fractions_of_a_second(digits: str) -> None:
    found = parse_time(f"2027-01-31T17:00:00.{digits}Z")
    assert found == NOW + timedelta(microseconds=int(digits.ljust(6, "0")))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("2027-01-31T18:00:00", "has no time zone"),
        ("2027-02-30T18:00:00Z", "is not a date of the calendar"),
        ("2027-01-31T25:00:00Z", "is not a date of the calendar"),
        ("2027-01-31T18:00:00+99:99", "is not a date of the calendar"),
        ("2027-01-31", "is not an ISO 8601 time"),
        ("2027-01-31 18:00:00Z", "is not an ISO 8601 time"),
        ("20270131T180000Z", "is not an ISO 8601 time"),
        ("2027-01-31T18:00:00Z\n", "is not an ISO 8601 time"),
        ("２０２７-01-31T18:00:00Z", "is not an ISO 8601 time"),
        ("never", "is not an ISO 8601 time"),
        ("", "is not an ISO 8601 time"),
        (2027, "is not an ISO 8601 time"),
        (None, "is not an ISO 8601 time"),
    ],
)
def test_anything_else_is_an_error(wrong: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_time(wrong)


@given(st.text())
def test_any_text_is_a_time_with_a_zone_or_refused(text: str) -> None:
    try:
        found = parse_time(text)
    except ValueError:
        return
    assert found.tzinfo is not None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14, 14), st.integers(-14, 14))
def test_zones_do_not_matter(when: datetime, one: int, other: int) -> None:
    first, second = (
        when.replace(tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=hours))).isoformat()
        for hours in (one, other)
    )
    assert not is_later(first, second)
    assert has_ended(first, parse_time(second))
    assert not has_ended(first, parse_time(second) - timedelta(seconds=1))


def test_without_an_end_it_lasts() -> None:
    assert not has_ended(None, NOW)
    assert is_later(None, "2027-01-31T17:00:00Z")
    assert not is_later("2027-01-31T17:00:00Z", None)
    assert not is_later(None, None)


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (timedelta(0), ""),
        (timedelta(seconds=-1), ""),
        (timedelta(minutes=59), "in less than an hour"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(hours=47), "in 47 hours"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=7), "in 7 days"),
        (timedelta(days=7, seconds=1), ""),
    ],
)
def test_what_ends_soon(left: timedelta, says: str) -> None:
    assert ends_soon((NOW + left).isoformat(), NOW) == says
    assert ends_soon(None, NOW) == ""
