"""No token and no client secret is ever shown, wherever the API echoes it."""

from __future__ import annotations

import base64
import html
import json
import re
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from pulumi_talend.api import ClientCredential, Settings
from pulumi_talend.api.redaction import redacted
from pulumi_talend.errors import ApiError, TalendError
from pulumi_talend.model.grants import GrantKey
from scripted import Script

TOKEN = "pat-4711-geheim"
ODD_SECRET = 'p"ä\\ss/4711 & <geheim>'
ACCOUNT = Settings("https://talend.test", ClientCredential("id", ODD_SECRET), "https://talend.test")


def shown(error: BaseException) -> str:
    """Everything that a terminal, a log or a debugger's summary may show of an exception, its history included."""
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), str(seen.args), str(vars(seen))]
        if isinstance(seen, ApiError):
            texts += [seen.api_message, seen.api_detail, seen.request_id, str(seen.headers)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join([*texts, *traceback.format_exception(error)])


def echo(secret: str) -> list[Any]:
    """Bodies in which an API may repeat a secret."""
    return [
        {"message": f"the token {secret} is not valid"},
        {"message": "x" * 230 + secret},  # where the shortening cuts it in two
        {"message": " " * 300 + secret},
        {"unheard": {"of": [secret]}},
        [secret],
        {secret: 1},
        f"plain {secret} text",
        "x" * 235 + secret,
        " " * 19_995 + secret,
        "<html>" + secret,
        json.dumps({"request": json.dumps({"authorization": f"Bearer {secret}"})}),
        f"/callback?token={quote(secret, safe='')}",
        {"message": "x", "detail": f"y{secret}"},
        {"message": "x", "requestId": secret},
        {"message": secret.encode().hex()},
        {"message": "%" + secret.encode().hex("%")},
        {"message": "".join(f"&#{ord(one)};" for one in secret)},
        {"message": "\u200b".join(secret)},
        {"message": "\u2060".join(html.escape(secret))},
        "".join(f"\\u{ord(one):04x}" for one in secret),
    ]


@pytest.mark.parametrize("number", range(len(echo(""))))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_a_token_echoed_in_a_body_is_not_shown(status: int, number: int) -> None:
    body = echo(TOKEN)[number]

    def answer(_request: httpx.Request) -> httpx.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=content, headers={"x-echo": f"Bearer {TOKEN}", "retry-after": "9999"})

    with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(TalendError) as caught:
        client.permissions.list("users")
    text = shown(caught.value)
    assert "4711" not in text
    assert "geheim" not in text


@pytest.mark.parametrize(
    "location",
    [
        f"https://evil.example/?token={TOKEN}",
        f"https://{TOKEN}@evil.example/",
        f"https://{TOKEN}.evil.example/",
        f"//{TOKEN}",
        f"https://[{TOKEN}",
    ],
)
def test_a_token_echoed_in_a_redirect_is_not_shown(location: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": location})

    with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(TalendError) as caught:
        client.permissions.list("users")
    assert "4711" not in shown(caught.value)


def test_a_token_that_comes_as_data_is_not_shown() -> None:
    answers: list[Any] = [
        {"permissions": ["VIEW"], "userId": TOKEN},
        {"permissions": {TOKEN: 1}},
        {"permissions": [{"name": TOKEN}]},
        [{"name": TOKEN, "roles": []}] * 2,
    ]
    key = GrantKey.from_resource_id("w/users/u")
    for body in answers:

        def answer(_request: httpx.Request, body: Any = body) -> httpx.Response:
            return httpx.Response(200, json=body)

        with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(TalendError) as caught:
            client.role_mappings.list() if isinstance(body, list) else client.permissions.get(key)
        assert "4711" not in shown(caught.value)


@pytest.mark.parametrize("number", range(len(echo(""))))
def test_a_client_secret_echoed_by_the_token_call_is_not_shown(number: int) -> None:
    pair = base64.b64encode(f"id:{ODD_SECRET}".encode()).decode()
    for secret in (ODD_SECRET, pair):
        api = Script((400, echo(secret)[number]))
        with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(TalendError) as caught:
            client.permissions.list("users")
        text = shown(caught.value)
        assert "4711" not in text
        assert "geheim" not in text
        assert pair not in text


def test_a_service_account_s_token_is_not_shown_either() -> None:
    api = Script((200, {"access_token": TOKEN, "expires_in": 1800}), (400, {"message": f"bad {TOKEN}"}))
    with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(TalendError) as caught:
        client.permissions.list("users")
    text = shown(caught.value)
    assert "bad [secure]" in text
    assert "4711" not in text


def test_a_refused_member_of_a_batch_shows_no_token() -> None:
    key = GrantKey.from_resource_id("w/users/u")
    about = {"permission": {"workspaceId": "w", "userId": "u"}}
    rows = [{"status": 409, "message": f"a {TOKEN}", "detail": f"b {TOKEN}", "requestId": TOKEN, **about}]
    with support.mocked_client(Script((207, rows)), token=TOKEN) as client:
        (error,) = client.permissions.assign_batch("users", {key: frozenset({"VIEW"})}).values()
    text = shown(error)
    assert "a [secure]" in text
    assert "4711" not in text


def test_nothing_of_a_client_shows_its_secrets() -> None:
    api = Script((200, {"access_token": TOKEN}), (200, []))
    with support.mocked_client(api, settings=ACCOUNT) as client:
        client.role_mappings.list()
        parts = [client, *vars(client).values(), client.permissions, client.directory]
        texts = [repr(part) for part in parts if part is not vars(client)["_secrets"]]
    assert not any(secret in text for secret in (ODD_SECRET, TOKEN, "4711") for text in texts)
    assert repr(client) == "TalendClient('https://talend.test', [secure])"


def test_redacting_knows_every_spelling_and_the_longest_first() -> None:
    with support.mocked_client(Script(), settings=ACCOUNT) as client:
        for spelled in (ODD_SECRET, json.dumps(ODD_SECRET)[1:-1], quote(ODD_SECRET, safe=""), html.escape(ODD_SECRET)):
            assert client.redact(f"a {spelled} b") == "a [secure] b"
        assert client.redact("nothing to hide") == "nothing to hide"


secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zs"]), min_size=8, max_size=30)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text, ensure_ascii=False)),
    "URL": lambda text: quote(text, safe=""),
    "URL in lower case": lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
    "every byte of a URL": lambda text: "%" + text.encode().hex("%"),
    "URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "invisible characters": lambda text: "\u200d".join(text),
    "HTML in a URL": lambda text: quote(html.escape(text)),
}


@given(secrets, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(["", "bad token ", "100 % ", "a&b="]))
def test_no_spelling_leaves_a_secret(secret: str, spelling: str, before: str) -> None:
    spelled = SPELLINGS[spelling](secret)
    left = redacted(f"{before}{spelled}.", [secret])
    assert spelled not in left
    assert secret not in left
    assert "[secure]" in left


@given(st.text(st.characters(exclude_characters="§"), max_size=60), secrets)
def test_a_text_without_a_secret_stays_as_it_is(text: str, secret: str) -> None:
    assert redacted(text, [f"{secret}§"]) == text
