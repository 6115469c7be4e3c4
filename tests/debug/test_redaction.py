"""No spelling of a secret stays in a text."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.api.redaction import redacted, without_lookalikes

SECRET = 'pat/"Grün+42%?=&\\ä'
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=12, max_size=40)


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps({"said": SECRET})),
        "".join(f"\\u{ord(character):04X}" for character in SECRET),
        json.dumps("".join(f"\\u{ord(character):04x}" for character in SECRET)),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower().replace("pat", "pat").replace("gr", "Gr"),
        urlencode({"token": SECRET}),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"someone:{SECRET}".encode()).decode(),
    ],
)
def test_each_spelling_is_found(spelled: str) -> None:
    left = redacted(f"before {spelled} after", [SECRET])
    assert "[secure]" in left
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert "Gr" not in left
    assert not set(left.split()) & {spelled}


@given(st.binary(max_size=20), secrets, st.binary(max_size=20), st.sampled_from(["standard", "url"]))
def test_a_secret_is_found_wherever_it_begins_in_base64(before: bytes, secret: str, after: bytes, kind: str) -> None:
    encode = base64.b64encode if kind == "standard" else base64.urlsafe_b64encode
    whole = encode(before + secret.encode() + after).decode()
    left = redacted(whole, [secret])
    assert "[secure]" in left
    # What stays on both sides is a character or two that the secret shares with its neighbours.
    assert len(left.replace("[secure]", "")) <= len(encode(before)) + len(encode(after)) + 4


@given(st.lists(secrets, max_size=4), st.text(max_size=60))
def test_other_text_stays_as_it_is(hidden: list[str], text: str) -> None:
    if any(secret in text for secret in hidden):
        return
    assert redacted(text, hidden) == text
    for secret in hidden:
        assert secret not in redacted(f"{text}{secret}{text}", hidden)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abcdef-123456", "Authorization: Bearer [secure]"),
        ("authorization: basic YWxhZGRpbjpvcGVu", "authorization: basic [secure]"),
        ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2ln b", "a [secure] b"),
        ('{"access_token": "xyz-1", "expires_in": 3}', '{"access_token": "[secure]", "expires_in": 3}'),
        ('"{\\"client_secret\\": \\"xyz-1\\"}"', '"{\\"client_secret\\": \\"[secure]\\"}"'),
        ("GET /a?token=xyz-1&page=2", "GET /a?token=[secure]&page=2"),
        ("https://me:pass@host/path", "https://[secure]@host/path"),
        ("the bearer of this", "the bearer of this"),
        ("GET /security/permissions?workspaceId=6077b7b9", "GET /security/permissions?workspaceId=6077b7b9"),
    ],
)
def test_what_looks_like_a_credential_goes_too(text: str, left: str) -> None:
    assert without_lookalikes(text) == left
