"""No token and no client secret is ever shown, wherever the API echoes it."""

from __future__ import annotations

import base64
import json
import traceback
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import support
from pulumi_talend.api import ApiError, ClientCredential, Settings, TalendClient, TalendError
from pulumi_talend_sandbox.tenant import Fault, Tenant

TOKEN = "pat-4711-geheim"
ODD_SECRET = 'p"ä\\ss/4711 & <geheim>'


def shown(error: BaseException) -> str:
    """Everything that a terminal, a log or a debugger's summary may show of an exception, its history included."""
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), str(seen.args)]
        if isinstance(seen, ApiError):
            texts += [seen.said, str(seen.headers)]
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
    ]


@pytest.mark.parametrize("number", range(len(echo(""))))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_a_token_echoed_in_a_body_is_not_shown(status: int, number: int) -> None:
    body = echo(TOKEN)[number]

    def answer(_request: httpx.Request) -> httpx.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=content, headers={"x-echo": f"Bearer {TOKEN}", "retry-after": "9999"})

    with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(TalendError) as caught:
        client.permissions.list()
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
        client.permissions.list()
    assert "4711" not in shown(caught.value)


def test_a_token_that_comes_as_data_is_not_shown() -> None:
    answers: list[Any] = [
        {"permissions": ["VIEW"], "userId": TOKEN},
        {"permissions": {TOKEN: 1}},
        {"permissions": [{"name": TOKEN}]},
        [{"name": TOKEN, "roles": []}] * 2,
    ]
    key = support.GrantKey.from_resource_id("w/users/u")
    for body in answers:

        def answer(_request: httpx.Request, body: Any = body) -> httpx.Response:
            return httpx.Response(200, json=body)

        with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(TalendError) as caught:
            client.role_mappings.list() if isinstance(body, list) else client.permissions.get(key)
        assert "4711" not in shown(caught.value)


@pytest.mark.parametrize("number", range(len(echo(""))))
def test_a_client_secret_echoed_by_the_token_call_is_not_shown(tenant: Tenant, number: int) -> None:
    pair = base64.b64encode(f"id:{ODD_SECRET}".encode()).decode()
    for secret in (ODD_SECRET, pair):
        tenant.inject(Fault(kind="status", status=400, path="oauth", body=echo(secret)[number]))
        settings = Settings(tenant.url, ClientCredential("id", ODD_SECRET), tenant.url)
        with support.client_of(settings) as client, pytest.raises(TalendError) as caught:
            client.permissions.list()
        text = shown(caught.value)
        assert "4711" not in text
        assert "geheim" not in text
        assert pair not in text


def test_a_service_account_s_token_is_not_shown_either(tenant: Tenant) -> None:
    with support.client_of(support.service_account_settings(tenant)) as client:
        tenant.inject(
            Fault(kind="status", status=200, path="oauth", body={"access_token": TOKEN, "expires_in": 1800}, times=None)
        )
        tenant.inject(Fault(kind="status", status=400, body={"message": f"bad {TOKEN}"}, times=None))
        with pytest.raises(TalendError) as caught:
            client.permissions.list()
    text = shown(caught.value)
    assert "bad [secure]" in text
    assert "4711" not in text


def test_nothing_of_a_client_shows_its_secrets(tenant: Tenant) -> None:
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
        parts = [client, *vars(client).values(), client.permissions, client.directory]
        texts = [repr(part) for part in parts if part is not vars(client)["_secrets"]]
    assert not any(tenant.client_secret in text or "eyJ" in text for text in texts)
    assert repr(TalendClient(support.settings_for(tenant))) == f"TalendClient('{tenant.url}', [secure])"


def test_redacting_knows_every_spelling_and_the_longest_first(tenant: Tenant) -> None:
    settings = Settings(tenant.url, ClientCredential("id", ODD_SECRET), tenant.url)
    with support.client_of(settings) as client:
        for spelled in (ODD_SECRET, json.dumps(ODD_SECRET)[1:-1], quote(ODD_SECRET, safe="")):
            assert client.redact(f"a {spelled} b") == "a [secure] b"
        assert client.redact("nothing to hide") == "nothing to hide"
