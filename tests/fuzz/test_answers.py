"""Whatever the API answers, a call gives a value that is what it says, or one of our exceptions with a message to be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import support
from fuzz.strange import bodies, examples, tellable
from pulumi_talend.api import (
    ClientCredential,
    Role,
    RoleMapping,
    ServiceAccount,
    Settings,
    TalendClient,
    User,
    Workspace,
)
from pulumi_talend.api.pacing import reset_in_seconds, retry_after_seconds
from pulumi_talend.errors import NoResponseError, TalendError
from pulumi_talend.model.grants import GrantKey, Principal

KEY = GrantKey("w1", Principal("users", "u1"))
ROBOT = GrantKey("w1", Principal("service-accounts", "s1"))
GRANT = {"workspaceId": "w1", "userId": "u1", "permissions": ["VIEW", "EXECUTE"]}
ROBOTS_GRANT = {"workspaceId": "w1", "serviceAccountId": "s1", "permissions": ["VIEW"]}
MAPPING = {"name": "platform", "roles": ["Operator"], "description": "by hand", "more": {"a": [1.5, None]}}
PLACE = {"id": "w1", "name": "Sales", "environment": {"id": "e1", "name": "prod"}, "owner": "o", "type": "custom"}
PERSON = {
    "id": "u1",
    "login": "anna",
    "email": "a@b",
    "firstName": "A",
    "lastName": "B",
    "roles": ["R", {"id": "1", "name": "R"}],
}
NAMED = {"id": "r1", "name": "Operator", "permissions": ["TMC_ENGINE_USE"]}
TOKEN = {"access_token": "abc.def", "token_type": "Bearer", "expires_in": 1800}
REFUSAL: dict[str, Any] = {
    "status": 400,
    "code": "BAD",
    "message": "no such thing",
    "requestId": "1",
    "detail": {"a": []},
}

STATUSES = st.sampled_from(
    [200] * 12 + [100, 201, 202, 204, 206, 207, 301, 304, 400, 401, 403, 404, 409, 413, 418, 500, 503, 599, 600]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-type", "location", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "date"]
    ),
    st.one_of(
        st.sampled_from(
            ["application/json; charset=utf-16", "text/HTML", "nan", "-1", "1e400", "0", "5", "//[", "http://[::1"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20),
    ),
    max_size=3,
)


Grants = dict[GrantKey, frozenset[str]]
CALLS: dict[str, tuple[Callable[[TalendClient], Any], Any, list[Any]]] = {
    "a user's grant": (lambda c: c.permissions.get(KEY), frozenset[str] | None, [GRANT]),
    "a robot's grant": (lambda c: c.permissions.get(ROBOT), frozenset[str] | None, [ROBOTS_GRANT]),
    "all grants": (lambda c: c.permissions.list("users"), Grants, [[GRANT, ROBOTS_GRANT]]),
    "all mappings": (
        lambda c: c.role_mappings.list(),
        list[RoleMapping],
        [[MAPPING, {"name": "b", "roles": []}]],
    ),
    "a mapping": (lambda c: c.role_mappings.get("platform"), RoleMapping | None, [MAPPING]),
    "workspaces": (lambda c: c.directory.workspaces(), list[Workspace], [[PLACE, {"id": "w2", "name": "x"}]]),
    "users": (lambda c: c.directory.users(), list[User], [[PERSON, {"id": "u2"}]]),
    "service accounts": (lambda c: c.directory.service_accounts(), list[ServiceAccount], [[NAMED]]),
    "roles": (lambda c: c.directory.roles(), list[Role], [[NAMED]]),
    "a write": (lambda c: c.permissions.assign(KEY, frozenset({"VIEW"})), None, [GRANT]),
    "a batch": (
        lambda c: list(c.permissions.assign_batch("users", {KEY: frozenset({"VIEW"})})),
        list[GrantKey],
        [[GRANT]],
    ),
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, int, dict[str, str], bytes]:
    name = draw(st.sampled_from(sorted(CALLS)))
    return name, draw(STATUSES), draw(HEADERS), draw(bodies([*CALLS[name][2], *CALLS[name][2], REFUSAL]))


def answering(status: int, headers: dict[str, str], body: bytes) -> Callable[[httpx.Request], httpx.Response]:
    sent = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items()]
    return lambda _request: httpx.Response(status, headers=sent, content=body)


@examples(400)
@given(calls())
def test_an_answer_is_what_it_says_or_an_error_of_ours(call: tuple[str, int, dict[str, str], bytes]) -> None:
    name, status, headers, body = call
    make, kind, _ = CALLS[name]
    with support.mocked_client(answering(status, headers, body)) as client:
        try:
            found = make(client)
        except TalendError as error:
            tellable(error)
        else:
            TypeAdapter(kind).validate_python(found, strict=True)
            assert repr(found).encode("utf-8")


@examples(150)
@given(STATUSES, HEADERS, bodies([TOKEN, TOKEN, REFUSAL]))
def test_a_token_answer_gives_a_token_that_can_be_sent_or_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return answering(status, headers, body)(request)
        assert request.headers["authorization"].startswith("Bearer ")
        return httpx.Response(200, json=[])

    clock = support.VirtualClock()
    who = Settings("http://127.0.0.1:9", ClientCredential("id", "4711-geheim"), "http://127.0.0.1:9")
    transport = httpx.MockTransport(answer)
    with TalendClient(who, transport=transport, pacer=support.pacer_on(clock), sleep=clock.sleep) as client:
        try:
            assert client.permissions.list("users") == {}
        except TalendError as error:
            tellable(error, "4711-geheim", "aWQ6NDcxMS1nZWhlaW0=")


@examples(150)
@given(bodies([[MAPPING, {"name": "b", "roles": []}]]))
def test_a_mapping_that_was_read_is_written_back_as_it_came_or_the_list_is_refused(body: bytes) -> None:
    """Fields that this client does not know are sent back: whatever they hold, that must not fail halfway."""
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(request.content)
        return httpx.Response(200, content=body)

    with support.mocked_client(answer) as client:
        try:
            read = client.role_mappings.list()
        except TalendError as error:
            tellable(error)
            return
        try:
            client.role_mappings.replace_all(read)
        except NoResponseError as error:
            tellable(error)
        assert httpx.Response(200, content=sent[0]).json() == httpx.Response(200, content=body).json()


NUMBERS = st.one_of(
    st.floats().map(str),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(["", " ", "1_0", "٣", "0x10", "1e400", "-0", "9" * 5_000]),
)
DATES = st.one_of(
    st.sampled_from(
        [
            "Mon, 01 Jan 2024 00:00:00",
            "1 Jan 24 0:0",
            "Mon, 31 Feb 2024 99:99:99 GMT",
            "Thu, 01 Jan 1970 00:00:00 -0000",
        ]
    ),
    st.builds(
        "{}, {} {} {} {}:{}:{} {}".format,
        st.sampled_from(["Mon", "", "Xyz"]),
        st.integers(-1, 40),
        st.sampled_from(["Jan", "jan", "Foo", "12"]),
        st.sampled_from(["2024", "0", "1", "9999", "10000", "99", "-1", "9" * 30]),
        st.sampled_from(["0", "23", "24", "9" * 30]),
        st.sampled_from(["0", "59", "60"]),
        st.sampled_from(["0", "60", "61", "-1"]),
        st.sampled_from(["GMT", "", "+0000", "-0000", "+2359", "+9999", "-9999", "+" + "9" * 20, "EST"]),
    ),
    st.text(max_size=20),
)


@examples(200)
@given(st.one_of(NUMBERS, DATES), st.one_of(st.none(), DATES), st.sampled_from([0.0, 1_700_000_000.0]))
def test_what_a_header_asks_to_wait_is_a_time_or_nothing(value: str, date: str | None, now: float) -> None:
    for seconds in (
        reset_in_seconds(value, now=now, server_date=date),
        retry_after_seconds(value, now=now, server_date=date),
    ):
        assert seconds is None or 0 <= seconds < float("inf")


LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "x-ratelimit-limit": NUMBERS,
        "x-ratelimit-remaining": NUMBERS,
        "x-ratelimit-reset": NUMBERS,
        "retry-after": st.one_of(NUMBERS, DATES),
        "date": DATES,
    },
)


@examples(100)
@given(st.lists(st.tuples(st.sampled_from([200, 200, 429]), LIMITS), min_size=1, max_size=4))
def test_no_headers_make_calls_hang_or_fail_otherwise(answers: list[tuple[int, dict[str, str]]]) -> None:
    left = list(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        status, headers = left.pop(0) if left else (200, {})
        sent = [(name.encode(), value.strip().encode("utf-8", "replace")) for name, value in headers.items()]
        return httpx.Response(status, headers=sent, json=[])

    with support.mocked_client(answer) as client:
        for _ in range(len(answers)):
            try:
                assert client.permissions.list("users") == {}
            except TalendError as error:
                tellable(error)
