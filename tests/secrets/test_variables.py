"""Tools that show the variables of a traceback (rich, pytest -l, error trackers) show no token and no client secret of ours."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from traceback import walk_tb
from typing import Any

import httpx
import pytest
from rich.console import Console
from rich.traceback import Traceback

import support
from pulumi_talend.api import ClientCredential, Settings, TalendClient, TokenCredential, resolve_settings
from pulumi_talend.errors import TalendError
from pulumi_talend.provider.removal_limit import stack_limit
from secrets_search import found_in

PAT = "pat-4711-geheim-und-lang"
CLIENT_SECRET = "cs-0815-auch/geheim+lang"
ISSUED = "eyJ4711.issued-geheim.token"
SECRETS = [PAT, CLIENT_SECRET, ISSUED]
URL = "http://127.0.0.1:9"


def variables(error: BaseException) -> Iterator[tuple[str, str]]:
    """The variables of our own frames that a tool shows: of the error and of what it is said to come from."""
    at: BaseException | None = error
    while at is not None:
        for frame, _ in walk_tb(at.__traceback__):
            if str(frame.f_globals.get("__name__", "")).startswith("pulumi_talend"):
                for name, value in frame.f_locals.items():
                    yield f"{frame.f_code.co_name}: {name}", repr(value)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def in_rich(error: BaseException) -> str:
    written = io.StringIO()
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=100_000, locals_max_length=1_000,
        suppress=["httpx", "httpcore"],
    )  # fmt: skip
    Console(file=written, width=400).print(shown)
    return written.getvalue()


def assert_hidden(error: BaseException) -> None:
    """That neither our frames nor rich's view of them show a secret. This test's own frames, which know them, are left out."""
    shown = list(variables(error))
    assert len(shown) > 3, "no frame of ours was looked at"
    for where, value in shown:
        assert not found_in(value.encode(), SECRETS), f"{where} shows it"
    inner = error.__traceback__
    while inner is not None and inner.tb_frame.f_globals["__name__"].endswith("test_variables"):
        inner = inner.tb_next
    assert not found_in(in_rich(error.with_traceback(inner)).encode(), SECRETS)


def answers(*made: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    left = list(made)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token") and len(left) > 1:
            return httpx.Response(200, json={"access_token": ISSUED})
        one = left[-1]
        if isinstance(one, Exception):
            raise one
        return one

    return answer


def echoes(told: str) -> dict[str, httpx.Response | Exception]:
    """Answers, and none, that end a call, and in which all that was sent comes back."""
    return {
        "400": httpx.Response(400, json={"message": told}),
        "401": httpx.Response(401, text=told),
        "403": httpx.Response(403, headers={"x-echo": told}, json={}),
        "404": httpx.Response(404, json={"deep": [[told]]}),
        "500": httpx.Response(500, html=told),
        "302": httpx.Response(302, headers={"location": f"https://evil.example/?{told}"}),
        "page": httpx.Response(200, html=told),
        "cut": httpx.Response(200, text="{" + told),
        "no route": httpx.ConnectError(told),
        "slow": httpx.ReadTimeout(told),
        "gone": httpx.RemoteProtocolError(told),
    }


CREDENTIALS = {
    "token": (TokenCredential(PAT), f"Authorization: Bearer {PAT}"),
    "account": (ClientCredential("the-id", CLIENT_SECRET), f"Authorization: Bearer {ISSUED} {CLIENT_SECRET}"),
}


def failure(settings: Settings, answer: Callable[[httpx.Request], httpx.Response]) -> TalendError:
    """What a call raises."""
    clock = support.VirtualClock()
    transport = httpx.MockTransport(answer)
    with TalendClient(settings, transport=transport, pacer=support.pacer_on(clock), sleep=clock.sleep) as client:
        with pytest.raises(TalendError) as caught:
            client.permissions.list("users")
        return caught.value


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("name", echoes(""))
def test_no_variable_of_a_failed_call_shows_a_secret(credential: str, name: str) -> None:
    given, told = CREDENTIALS[credential]
    assert_hidden(failure(Settings(URL, given, URL), answers(httpx.Response(200), echoes(told)[name])))


@pytest.mark.parametrize(
    "body",
    [{"access_token": ISSUED + "\n"}, {"token": ISSUED}, [ISSUED]],
    ids=lambda body: json.dumps(body)[:20],
)
def test_a_token_in_an_answer_that_is_none_is_in_no_variable(body: Any) -> None:
    settings = Settings(URL, ClientCredential("the-id", CLIENT_SECRET), URL)
    assert_hidden(failure(settings, answers(httpx.Response(200, json=body))))


def test_wrong_settings_show_no_variable_of_the_environment() -> None:
    environ = {"TALEND_CLIENT_ID": "x", "TALEND_REGION": "nowhere", "TALEND_TOKEN": PAT, "TALEND_MAX_REMOVALS": "many"}
    for resolve in (
        lambda: resolve_settings({"talend:clientSecret": CLIENT_SECRET}.get, environ),
        lambda: stack_limit({"talend:clientSecret": CLIENT_SECRET}.get, environ),
    ):
        with pytest.raises(TalendError) as caught:
            resolve()
        for where, value in variables(caught.value):
            assert not found_in(value.encode(), SECRETS), where


def test_what_is_looked_for_can_be_found() -> None:
    """The search itself: a frame of ours that holds a token by itself is found out."""

    namespace: dict[str, Any] = {"__name__": "pulumi_talend.careless", "TalendError": TalendError}
    exec("def careless(token):\n    raise TalendError('no')\n", namespace)
    with pytest.raises(TalendError) as caught:
        namespace["careless"](PAT)
    assert any(found_in(value.encode(), SECRETS) for _, value in variables(caught.value))
    assert found_in(in_rich(caught.value).encode(), SECRETS)
