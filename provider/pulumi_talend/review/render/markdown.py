"""A review as Markdown for a comment on a pull request: the result and why, who loses and gains what, what needs attention.

Written for what GitHub, GitLab, Gitea and Azure DevOps show, and to be read as plain text. Names are in code spans, so that
nothing in a name is a mention, a link or HTML; a name that could end its code span is written with character references.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ...api.text import plural
from ...model.grants import PERMISSIONS
from ..alerts import SHOWN_ALONE
from ..approval import digest_of
from ..decision import Decision, Result
from ..model import Alert, Origin, Review
from ..rules import RuleResult
from ..summary import summary
from ..text import moment, visible
from .rows import Row, notes_on, rows

GITHUB_COMMENT = 65_536
"""How many characters a comment may have on GitHub; GitLab and Azure DevOps take more."""

OPEN_ROWS = 20
"""More changes than this are folded."""

_ITEMS_SHOWN = 20
_REASONS_SHOWN = 3
_FOOT = 500  # room for what says that something was left out
_MEANS_SOMETHING = re.compile(r"(?!:(?= |(?<=\d:)\d))[^\w .,/()'\x80-\U0010ffff-]|_")
"""Everything but letters, digits and harmless marks; a colon is one before a space, and in a time of day."""
_PLAIN_CODE = re.compile(r"[^\s`|\\<>&]+( [^\s`|\\<>&]+)*")
_PERSON = re.compile(r"(?i:(?!.*www\.))[^\W\d_]+([ .'-]+[^\W\d_]+)*")
_WWW = re.compile(r"www\.", re.IGNORECASE)

SIGNS: dict[Result, str] = {
    "passed": "✅", "approved": "✅", "no-rules": "⚠️", "approval-needed": "✋", "not-as-approved": "🛑", "denied": "🛑",
}  # fmt: skip


def markdown_review(review: Review, decision: Decision, *, limit: int = GITHUB_COMMENT) -> str:
    """`review` in at most `limit` characters (1,000 at least); where not all fits, it says how much is left out.

    Rules and alerts are the last to be cut.
    """
    limit = max(limit, 1_000)
    left = limit - _FOOT
    head = _heading(review, decision) + "\n\n"
    broken, kept = _rules(decision)
    reasons = _fitting([*broken, *_approved(review, decision)], left - len(head), "more part", "on rules")
    alone = _alerts([alert for alert in review.alerts if alert.kind in SHOWN_ALONE], left - len(head + reasons))
    how = _how_to_approve(decision)
    above = head + reasons + alone
    others = [alert for alert in review.alerts if alert.kind not in SHOWN_ALONE | decision.alerts_told(_REASONS_SHOWN)]
    alerts = _alerts(others, left - len(above + how), bool(alone))
    notes = notes_on(review)
    foot = kept + (_folded("Notes", "\n".join(f"- {escape(note)}" for note in notes)) if notes else "")
    table, sources = _table(rows(review.changes), left - len(above + alerts + how) - len(foot))
    text = "".join([above, table, alerts, how, sources])
    if len(text) + len(foot) <= limit:
        text += foot
    return text[:limit].rstrip() + "\n" if len(text) > limit else text.rstrip() + "\n"


def _alerts(alerts: Sequence[Alert], room: int, more: bool = False) -> str:
    """Alerts below a title; without one where there are `more` above already."""
    blocks = [_alert(alert) for alert in alerts]
    if not more:
        blocks[:1] = [f"#### Needs attention\n\n{first}" for first in blocks[:1]]
    return _fitting(blocks, room, "more alert", "")


def _fitting(blocks: Sequence[str], room: int, what: str, about: str) -> str:
    """As many of `blocks` as there is room for."""
    text = ""
    for number, block in enumerate(blocks):
        if len(text) + len(block) > room:
            return text + _left_out(f"{plural(len(blocks) - number, what)} {about}".rstrip())
        text += block
    return text


def markdown_failure(what: str, reason: str, origin: Origin, stack: str | None) -> str:
    """The comment in place of a review that could not be made, so that an older one does not stay."""
    commit = f" of {code(origin.commit[:12])}" if origin.commit else ""
    of = f" · stack {code(stack)}" if stack else ""
    at = f" · {escape(moment(origin.at))}" if origin.at else ""
    return f"### 🛑 {what}{commit} failed{of}{at}\n\nThis commit is not reviewed.\n\n{code(reason)}\n"


def escape(text: str) -> str:
    """`text` of our own words as it is to be read: no punctuation in it means anything to Markdown or HTML."""
    escaped = _MEANS_SOMETHING.sub(lambda found: f"&#{ord(found[0])};", visible(text))
    return _WWW.sub(lambda found: f"{found[0][:3]}&#46;", escaped)  # the one link that needs no other mark


def code(text: str) -> str:
    """`text` as a name or a value."""
    shown = visible(text)
    return f"`{shown}`" if _PLAIN_CODE.fullmatch(shown) else f"<code>{escape(text)}</code>"


def _heading(review: Review, decision: Decision) -> str:
    origin = review.origin
    parts = [f"stack {code(review.stack)}" if review.stack else "an empty stack"]
    parts += [f"commit {code(origin.commit[:12])}"] if origin.commit else []
    parts += [escape(moment(origin.at))] if origin.at else []
    first = f"### {SIGNS[decision.result]} {escape(decision.headline)} · {' · '.join(parts)}"
    sentences = summary(review, _shown)
    said = f"**{sentences[0]}**" if len(sentences) == 1 else "\n".join(f"- {sentence}" for sentence in sentences)
    return f"{first}\n\n{said}"


def _shown(name: str) -> str:
    """A name within the summary: people's names and permissions as they are, all else as code."""
    return name if name in PERMISSIONS or _PERSON.fullmatch(name) else code(name)


def _rules(decision: Decision) -> tuple[list[str], str]:
    """A table of the rules that are broken, and the others in a fold."""
    if decision.rules is None:
        return ["No rules were checked.\n\n"], ""
    broken = [_rule(each, decision) for each in decision.all_broken]
    kept = [each for each in decision.rules if not each.is_broken]
    names = "\n".join(f"- {code(each.rule.name)}" for each in kept)
    return (
        ["\n".join(["| Rule | Result | Why |", "|-|-|-|", *broken]) + "\n\n"] if broken else [],
        _folded(f"{plural(len(kept), 'rule')} not broken", names) if kept else "",
    )


_RESULTS = {"deny": "🛑 denied", "warn": "⚠️ warning", "require-approval": "✋ needs approval"}


def _rule(result: RuleResult, decision: Decision) -> str:
    shown = [code(item) for item in result.items[:_REASONS_SHOWN]]
    more = len(result.items) - len(shown)
    why = "<br>".join([*shown, *([f"and {more:,} more"] if more > 0 else [])])
    said = "✅ approved" if decision.is_approved(result) else _RESULTS[result.rule.action]
    return f"| {code(result.rule.name)} | {said} | {why} |"


def _approved(review: Review, decision: Decision) -> list[str]:
    """Who approved it, or why the approval is not valid."""
    if decision.approval is None:
        return []
    if decision.differences:
        listed = "\n".join(f"- {code(line)}" for line in decision.differences[:_ITEMS_SHOWN])
        more = len(decision.differences) - _ITEMS_SHOWN
        rest = f"\n- and {more:,} more" if more > 0 else ""
        return [f"The approval is not valid for this change:\n\n{listed}{rest}\n\n"]
    if decision.result != "approved":
        return []
    by, at = code(decision.approval.approved_by), code(decision.approval.approved_at)
    return [f"Approved by {by} at {at}, {code(digest_of(review))}.\n\n"]


def _how_to_approve(decision: Decision) -> str:
    if decision.result not in {"approval-needed", "not-as-approved"}:
        return ""
    command = visible(decision.command).replace("`", "'")
    return (
        "To approve this change, run the command below in a checkout of it, read the review, and commit the approval "
        f"file:\n\n```sh\n{command}\n```\n\n"
    )


def _alert(alert: Alert) -> str:
    title = f"⚠️ **{escape(alert.title)}"  # never a stop sign: only a rule denies
    if len(alert.items) == 1:
        return f"{title}:** {code(alert.items[0])}\n\n"
    shown = "\n".join(f"- {code(item)}" for item in alert.items[:_ITEMS_SHOWN])
    more = len(alert.items) - _ITEMS_SHOWN
    rest = f"\n- and {more:,} more" if more > 0 else ""
    return f"{title}: {len(alert.items):,}**\n\n{shown}{rest}\n\n"


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>\n\n{body}\n\n</details>\n\n"


def _left_out(what: str) -> str:
    return f"\n**Not shown here, since a comment is short: {escape(what)}. See the whole review as HTML or JSON.**\n\n"


_HEAD = ("| ± | Who | Where | Change |", "|-|-|-|-|")


def _table(lines: Sequence[Row], room: int) -> tuple[str, str]:
    """The changes, and the program's lines behind them."""
    if not lines:
        return "", ""
    table = "\n".join([*_HEAD, *(_row(line) for line in lines)])
    whole = f"{table}\n\n" if len(lines) <= OPEN_ROWS else _folded(f"All {len(lines):,} changes", table)
    if len(whole) <= room:
        reasons = _folded("Where in the program", "\n".join(_reason(line) for line in lines))
        return whole, reasons if len(whole) + len(reasons) <= room else ""
    counts = _counts(lines)
    if len(counts) + _FOOT > room:
        return _left_out(f"{len(lines):,} changes"), ""
    shown: list[str] = []
    used = len(_folded("Changes", "\n".join(_HEAD))) + len(counts) + _FOOT
    for line in lines:
        entry = _row(line)
        if used + len(entry) + 1 > room:
            break
        shown.append(entry)
        used += len(entry) + 1
    text = counts
    if shown:
        text += _folded(f"The first {len(shown):,} of {len(lines):,} changes", "\n".join([*_HEAD, *shown]))
    return text + _left_out(f"{len(lines) - len(shown):,} of {len(lines):,} changes"), ""


def _row(row: Row) -> str:
    return f"| **{row.mark.replace('-', '−')}** | {_who(row)} | {code(row.where)} | {_change(row)} |"


def _who(row: Row) -> str:
    login = code(row.who) + ("" if row.noun == "user" else f" ({row.noun})")
    return f"{row.person} {login}" if _PERSON.fullmatch(row.person) else login


def _change(row: Row) -> str:
    changed = [chip for chip in row.chips if chip.sign]
    kept = [chip for chip in row.chips if not chip.sign]
    said = " ".join(f"**{code(chip.text)}**" if chip.is_strong else code(chip.text) for chip in changed)
    if kept:
        names = ", ".join(chip.name if chip.name in PERMISSIONS else code(chip.name) for chip in kept)
        said += f"{', ' if said else ''}keeps {names}"
    return "; ".join(part for part in [said, *(_note(note) for note in row.notes)] if part)


def _note(note: str) -> str:
    return note if re.fullmatch(r"[^\W_][^\W_ ]*([ ,:+.-]+[^\W_]+)*", note) else code(note)


def _reason(row: Row) -> str:
    return f"- {code(row.who)} on {code(row.where)}: {', '.join(code(cause) for cause in row.causes)}"


def _counts(lines: Iterable[Row]) -> str:
    """How many gain and lose, for each place: in place of a table that is too long."""
    counted: Counter[tuple[str, str]] = Counter()
    places: Counter[str] = Counter()
    for line in lines:
        counted[line.where, line.mark] += 1
        places[line.where] += 1
    shown = [
        f"| {code(place)} | " + " | ".join(f"{counted[place, mark]:,}" for mark in "+-~=?") + " |"
        for place, _ in places.most_common(50)
    ]
    more = f"\n\nand {len(places) - 50:,} more places" if len(places) > 50 else ""
    head = "| Where | gains | losses | both | same rights | not known |"
    return "\n".join([head, "|-|-|-|-|-|-|", *shown]) + more + "\n\n"
