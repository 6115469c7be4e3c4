"""Nothing in a name is ever more than a name, whatever writes it; and what is written is complete and small enough."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from pulumi_talend.review.model import Review
from pulumi_talend.review.render.html import html_review
from pulumi_talend.review.render.jsonout import json_review, schema
from pulumi_talend.review.render.markdown import markdown_review
from pulumi_talend.review.render.terminal import By, print_review
from pulumi_talend.review.text import visible
from review.documents import NASTY, grant_state, mapping_state, nasty_review, review_of, step

SEEN = visible(NASTY)


def terminal(review: Review, by: By = "person") -> str:
    out = io.StringIO()
    print_review(review, Console(file=out, force_terminal=True, width=100, highlight=False), by=by)
    return out.getvalue()


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_names_are_shown_as_code_points_where_they_cannot_be_seen() -> None:
    assert visible("a\x1b\u202e\u200b\n\u00a0b") == "a⟨U+001B⟩⟨U+202E⟩⟨U+200B⟩⟨U+000A⟩⟨U+00A0⟩b"
    assert visible("Ängström 東京 Ö/1") == "Ängström 東京 Ö/1"


def test_html_holds_names_as_text_only() -> None:
    text = html_review(nasty_review())
    page = Page(text)
    assert not [tag for tag, attributes in page.tags if tag in {"b", "a", "img"} or "onmouseover" in attributes]
    assert SEEN in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_html_loads_nothing_and_allows_nothing_but_its_own() -> None:
    text = html_review(nasty_review())
    assert not re.search(
        r"""(src|href|action|url\()\s*=?\s*["'(]?\s*(https?:|//)""",
        Page(text).get_starttag_text() or text.split("<body>")[0],
    )
    assert "default-src 'none'" in text
    assert not [attributes for _, attributes in Page(text).tags if {"src", "href", "style"} & set(attributes)]


def test_markdown_holds_names_as_text_only() -> None:
    text = markdown_review(nasty_review())
    assert "\x1b" not in text
    assert "\u202e" not in text
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    flat = [inner for token in tokens for inner in (token.children or [token])]
    kinds = {token.type for token in flat}
    assert not kinds & {"link_open", "image", "em_open", "code_inline", "fence", "code_block"}
    allowed = re.compile(r"</?(details|summary|code|br)>")
    for token in flat:
        if token.type in {"html_inline", "html_block"}:
            assert not allowed.sub("", token.content).strip().startswith("<"), token.content
    assert any(SEEN in _text(token) for token in tokens if token.type == "inline")
    # What is looked for in the source by hosts that link mentions, issues and addresses.
    assert not re.search(r"@\w|#\d|www\.|https?://", re.sub(r"&#\d+;", "", text))
    assert all(row.count(" | ") == 6 for row in text.splitlines() if row.startswith("| **"))


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "text_special"})


def test_the_terminal_gets_no_control_characters_of_names() -> None:
    text = terminal(nasty_review())
    assert SEEN in text
    assert "\u202e" not in text
    assert set(re.findall(r"\x1b\[[0-9;]*m", text)) >= {"\x1b[1m"}
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "\x1b" not in plain
    assert "[31m" in plain  # as text


def test_json_holds_names_as_they_are_and_fits_its_schema() -> None:
    document: dict[str, Any] = json.loads(json_review(nasty_review()))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(document, schema())
    assert document["roleMappings"][0]["customerRole"] == NASTY
    assert document["grants"][0]["principal"]["name"] == NASTY
    assert {one["targets"][0] if one["targets"] else None for one in document["unforeseen"]} == {f"b{NASTY}", None}
    broken: dict[str, object] = {**document, "grants": [{}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema())


def large(number: int) -> Review:
    permissions = ["VIEW", "EXECUTE", "MANAGE", "PUBLISH"]
    return review_of(
        *(
            step(
                "create",
                f"g{n}",
                None,
                grant_state(f"person{n % 400}", f"e{n % 3}/w{n // 400}", permissions[: n % 4 + 1]),
            )
            for n in range(number)
        )
    )


@pytest.mark.parametrize("limit", [1_000, 5_000, 65_536])
def test_markdown_keeps_within_a_comment_and_says_what_it_leaves_out(limit: int) -> None:
    text = markdown_review(large(3_000), limit=limit)
    assert len(text) <= limit
    assert "Not shown here" in text
    assert "3,000 gains" in text
    assert text.count("<details>") == text.count("</details>")
    assert "Not shown" not in markdown_review(large(30))


def test_everything_large_is_complete() -> None:
    review = large(5_000)
    page = html_review(review)
    assert page.count('class="entry') == 5_000
    assert len(json.loads(json_review(review))["grants"]) == 5_000
    assert terminal(review).count("<- create g") == 5_000


def test_urgent_things_come_first() -> None:
    review = review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
        step("delete", "b", mapping_state("team", ["Operator"]), None, "RoleMapping"),
    )
    for text in (terminal(review), terminal(review, "workspace"), markdown_review(review), html_review(review)):
        at = [text.find(words) for words in ("MANAGE gained", "stand for nothing any more", "create a")]
        assert at == sorted(at)
        assert -1 not in at


def test_grouped_by_workspace() -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal(large(8), "workspace")).splitlines()
    assert [line for line in lines if line.endswith("(workspace)")] == [
        "e0/w0  (workspace)",
        "e1/w0  (workspace)",
        "e2/w0  (workspace)",
    ]
