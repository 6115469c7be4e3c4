"""Nothing in a name is ever more than a name, whatever writes it; and what is written is complete and small enough."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from pulumi_talend.review.decision import Decision
from pulumi_talend.review.model import Origin, Review
from pulumi_talend.review.render.html import html_failure, html_review
from pulumi_talend.review.render.jsonout import json_review, schema
from pulumi_talend.review.render.markdown import markdown_failure, markdown_review
from pulumi_talend.review.render.terminal import By, print_review
from pulumi_talend.review.rules import Rule, RuleResult
from pulumi_talend.review.text import visible
from review.documents import NASTY, PASSED, grant_state, mapping_state, nasty_review, review_of, step

SEEN = visible(NASTY)


def terminal(review: Review, by: By = "person") -> str:
    out = io.StringIO()
    print_review(review, PASSED, Console(file=out, force_terminal=True, width=100, highlight=False), by=by)
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
    text = html_review(nasty_review(), PASSED)
    page = Page(text)
    assert not [tag for tag, attributes in page.tags if tag in {"b", "a", "img"} or "onmouseover" in attributes]
    assert SEEN in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_html_loads_nothing_and_allows_nothing_but_its_own() -> None:
    text = html_review(nasty_review(), PASSED)
    assert not re.search(
        r"""(src|href|action|url\()\s*=?\s*["'(]?\s*(https?:|//)""",
        Page(text).get_starttag_text() or text.split("<body>")[0],
    )
    assert "default-src 'none'" in text
    assert not [attributes for _, attributes in Page(text).tags if {"src", "href", "style"} & set(attributes)]


def nasty_decision() -> Decision:
    """A decision whose every text is nasty."""
    rule = Rule(name=NASTY, action="deny")
    return Decision((RuleResult(rule, (NASTY,)), RuleResult(Rule(name=NASTY, action="warn"))), command=f"run '{NASTY}'")


@pytest.mark.parametrize("text", ["review", "failure"])
def test_markdown_holds_names_as_text_only(text: str) -> None:
    shown = (
        markdown_review(nasty_review(), nasty_decision())
        if text == "review"
        else markdown_failure("Preview", NASTY, Origin(commit=NASTY), NASTY)
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(shown)
    flat = [inner for token in tokens for inner in (token.children or [token])]
    kinds = {token.type for token in flat}
    assert not kinds & {"link_open", "image", "em_open", "code_block"}
    allowed = re.compile(r"</?(details|summary|code|br)>")
    for token in flat:
        if token.type in {"html_inline", "html_block"}:
            assert not allowed.sub("", token.content).strip().startswith("<"), token.content
    assert any(SEEN in _text(token) for token in tokens if token.type == "inline")
    # What is looked for in the source by hosts that link mentions, issues and addresses. In code spans they do not.
    outside = re.sub(r"`[^`\n]*`", "", re.sub(r"&#\d+;", "", shown))
    assert not re.search(r"@\w|#\d|www\.|https?://", outside)
    assert all(row.count(" | ") == 3 for row in shown.splitlines() if re.match(r"\| \*\*.\*\* \|", row))


def test_markdown_reads_well_as_plain_text() -> None:
    text = markdown_review(
        review_of(
            step("create", "a", None, grant_state("anna.lund", "prod/Sales", ["MANAGE", "VIEW"])),
            step(
                "update",
                "b",
                mapping_state("crew (EU)", ["Operator"]),
                mapping_state("crew (EU)", ["Auditor"]),
                "RoleMapping",
            ),
        ),
        PASSED,
    )
    assert text.splitlines()[0] == "### ✅ Passed: no rule is broken · stack `prod`"
    assert "| **+** | `anna.lund@example.com` | `prod/Sales` | **`+MANAGE`** `+VIEW` |" in text
    assert "| **~** | `crew (EU)` (customer role) | `Talend roles` | `+Auditor` `−Operator` |" in text
    assert "&#" not in text


def test_the_comment_has_result_rules_and_what_to_run() -> None:
    review = review_of(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
    at = datetime(2027, 1, 1, 12, tzinfo=timezone.utc)
    review = replace(review, origin=Origin(at, "0123456789abcdef0123", "Anna"))
    asked = RuleResult(Rule(name="MANAGE is approved", action="require-approval"), ("anna on prod/Sales gains MANAGE",))
    decision = Decision((asked, RuleResult(Rule(name="others", action="deny"))), has_to_match=True, command="run this")
    text = markdown_review(review, decision)
    assert (
        text.splitlines()[0] == "### ✋ Needs approval · stack `prod` · commit `0123456789ab` · 1 Jan 2027, 12:00 UTC"
    )
    assert "| `MANAGE is approved` | ✋ needs approval | `anna on prod/Sales gains MANAGE` |" in text
    assert "1 rule not broken" in text
    ask = "To approve this change, run the command below in a checkout of it, read the review, and commit the approval file:"
    assert f"{ask}\n\n```sh\nrun this\n```" in text
    assert ask in html_review(review, decision)
    page = Page(html_review(review, decision))
    shown = " ".join(" ".join(page.text).split())
    for words in (
        "Needs approval",
        "MANAGE is approved",
        "run this",
        "0123456789ab",
        "Anna",
        "1 Jan 2027, 12:00 UTC",
        "sha256:",
    ):
        assert words in shown, words


def test_a_preview_that_failed_is_said_of_its_commit() -> None:
    at = datetime(2027, 1, 1, 12, tzinfo=timezone.utc)
    text = markdown_failure("Preview", "no user 'x'", Origin(at, "abc1234"), "prod")
    assert text.startswith("### 🛑 Preview of `abc1234` failed · stack `prod` · 1 Jan 2027, 12:00 UTC\n")
    assert "no user 'x'" in text
    assert "Preview of abc1234 failed" in " ".join(
        Page(html_failure("Preview", "x", Origin(at, "abc1234"), "prod")).text
    )


def test_without_rules_it_says_so() -> None:
    review = review_of(step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])))
    for text in (markdown_review(review, Decision()), html_review(review, Decision())):
        assert "No rules were checked" in text


def test_the_table_is_open_up_to_twenty_changes() -> None:
    for number, is_open in ((20, True), (21, False)):
        text = markdown_review(large(number), PASSED)
        assert ("All 21 changes" in text) is not is_open
        assert text.count("| **+** |") == number


def test_who_gains_and_loses_comes_before_what_needs_attention() -> None:
    asked = RuleResult(Rule(name="asks", action="require-approval"), ("MANAGE",))
    denied = RuleResult(Rule(name="denies", action="deny"), ("MANAGE",))
    review = review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])),
        step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW"]), None),
    )
    text = markdown_review(review, Decision((asked, denied), has_to_match=True))
    places = [
        text.index(part)
        for part in ("Denied by 1 rule", "`denies`", "`asks`", "| **−** |", "| **+** |", "#### Needs attention", "⚠️ **")
    ]
    assert places == sorted(places)


def test_only_a_rule_that_denies_has_a_stop_sign() -> None:
    review = review_of(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
    passed = markdown_review(review, PASSED)
    assert "⚠️ **MANAGE gained:**" in passed
    assert "🛑" not in passed
    assert "\x1b[1;31m" not in terminal(review)  # bold red
    page = html_review(review, PASSED)
    (alert,) = re.findall(r"\.alerts details \{[^}]*\}", page.partition("@media (max-width")[0])
    assert "--loss" not in alert
    denied = Decision((RuleResult(Rule(name="no MANAGE", action="deny"), ("anna",)),))
    assert markdown_review(review, denied).count("🛑") == 2  # the result, and the rule


def test_what_is_deleted_was_declared_there() -> None:
    entry = step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW"]), None)
    entry["oldState"]["stackTrace"] = [{"sourcePosition": "project:///team_access.py#12"}]
    assert "`delete b (was team_access.py:12)`" in markdown_review(review_of(entry), PASSED)


def test_where_in_the_program_stands_in_the_fold() -> None:
    state = grant_state("anna", "prod/Sales", ["VIEW"])
    entry = step("create", "a", None, state)
    entry["newState"]["sourcePosition"] = "project:///provider/pulumi_talend/resources/workspace_permission.py#77"
    entry["newState"]["stackTrace"] = [
        {"sourcePosition": "project:///.venv/lib/python3.11/site-packages/pulumi_talend/resources/x.py#1"},
        {"sourcePosition": "project:///team_access.py#12"},
    ]
    assert "`create a (team_access.py:12)`" in markdown_review(review_of(entry), PASSED)


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
    document: dict[str, Any] = json.loads(json_review(nasty_review(), PASSED))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(document, schema())
    assert document["roleMappings"][0]["customerRole"] == NASTY
    assert document["grants"][0]["principal"]["name"] == NASTY
    assert [one["targets"] for one in document["unknownEffects"]] == [[f"b{NASTY}"]]
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
    text = markdown_review(large(3_000), PASSED, limit=limit)
    assert len(text) <= limit
    assert "Not shown here" in text
    assert "400 people gain permissions on some workspaces" in text
    assert text.count("<details>") == text.count("</details>")
    assert "Not shown" not in markdown_review(large(30), PASSED)


def test_everything_large_is_complete_but_the_terminal() -> None:
    review = large(5_000)
    page = html_review(review, PASSED)
    assert page.count('class="entry') == 5_000
    assert len(json.loads(json_review(review, PASSED))["grants"]) == 5_000
    assert terminal(review).count("<- create g") == 50
    assert "4,950 more changes are not shown here: write them with --html FILE" in terminal(review)


def test_what_no_row_shows_comes_before_the_changes_and_more_about_rows_after_them() -> None:
    review = review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
        step("delete", "b", mapping_state("team", ["Operator"]), None, "RoleMapping"),
        step("create", "c", None, grant_state("cleo", "prod/Sales", "[secret]")),
    )
    asked = Decision((RuleResult(Rule(name="asks", action="require-approval"), ("MANAGE",)),), command="run this")
    words = ("Not known before the update", "create a", "MANAGE gained", "no longer mapped")
    for text in (terminal(review), terminal(review, "workspace"), html_review(review, asked)):
        at = [text.find(each) for each in words]
        assert at == sorted(at)
        assert -1 not in at
    text = markdown_review(review, replace(asked, has_to_match=True))
    at = [text.index(each) for each in (words[0], "| **+** |", *words[2:], "run this", "create a")]
    assert at == sorted(at)


def test_what_a_rule_lists_is_not_said_twice() -> None:
    review = review_of(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE", "PUBLISH"])))
    (manage, publish) = review.alerts
    told = f"{manage.title}: {manage.items[0]}"
    decision = Decision((RuleResult(Rule(name="asks", action="warn", alert=["manage-gained"]), (told,)),))
    for text in (markdown_review(review, decision), html_review(review, decision)):
        assert text.count(manage.title) == 1
        assert text.count(publish.title) == 1
    several = Decision((RuleResult(Rule(name="asks", action="warn", alert=["manage-gained"]), ("x", "y", "z", told)),))
    assert markdown_review(review, several).count(manage.title) == 1, "the rule shows three, so the alert stays"


def test_grouped_by_workspace() -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal(large(8), "workspace")).splitlines()
    assert [line for line in lines if line.endswith("(workspace)")] == [
        "e0/w0  (workspace)",
        "e1/w0  (workspace)",
        "e2/w0  (workspace)",
    ]


def test_losses_come_before_gains_and_the_most_of_each_first() -> None:
    review = review_of(
        step("create", "a", None, grant_state("a-gains", "prod/Sales", ["VIEW"])),
        step("create", "b", None, grant_state("b-manages", "prod/Sales", ["MANAGE"])),
        step(
            "update",
            "c",
            grant_state("c-loses-some", "prod/Sales", ["VIEW", "EXECUTE"]),
            grant_state("c-loses-some", "prod/Sales", ["VIEW"]),
        ),
        step("delete", "d", grant_state("d-loses-all", "prod/Sales", ["VIEW"]), None),
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal(review))
    listed = (
        plain[plain.index("\n\nd-loses-all@") :],
        markdown_review(review, PASSED).partition("| ± |")[2].partition("####")[0],
        html_review(review, PASSED).partition('class="groups"')[2].partition('id="matrix"')[0],
    )
    for text in listed:
        found = [
            text.find(f"{name}@" if "<h3>" not in text else name)
            for name in ("d-loses-all", "c-loses-some", "b-manages", "a-gains")
        ]
        assert -1 not in found, text
        assert found == sorted(found), text
