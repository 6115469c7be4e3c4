"""A review as Markdown for a comment on a pull request: a summary line, what must not be missed, a table, details folded.

Written for what GitHub, GitLab, Gitea and Azure DevOps show: GitHub's Markdown with a few HTML tags. Names stand in `<code>`
with every mark of punctuation as a character reference, so nothing in a name is ever Markdown, HTML, a mention or a link.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ..model import Alert, Review, summary_line
from ..text import visible
from .rows import WORDS, Row, rows, standing, title

GITHUB_COMMENT = 65_536
"""How many characters a comment may have on GitHub; GitLab and Azure DevOps take more."""

_ITEMS_SHOWN = 20
_FOOT = 400  # room for what says that something was left out
_PLAIN = frozenset(" -,./")
_WWW = re.compile(r"www\.", re.IGNORECASE)


def markdown_review(review: Review, *, limit: int = GITHUB_COMMENT) -> str:
    """`review` in at most `limit` characters (1,000 at least); where not all fits, it says how much is left out.

    Alerts come before the table, so they are the last to be cut.
    """
    limit = max(limit, 1_000)
    head = [f"### {escape(title(review))}", ""]
    if review.tenant:
        head += [f"Tenant: {code(review.tenant)}", ""]
    head += [f"**{escape(summary_line(review))}**", ""]
    blocks = [*(_alert(alert) for alert in review.alerts)]
    notes = standing(review)
    foot = _folded("Notes", "\n".join(f"- {escape(note)}" for note in notes)) if notes else ""
    text = "\n".join(head) + "\n"
    left = limit - _FOOT
    for number, block in enumerate(blocks):
        if len(text) + len(block) > left:
            text += _left_out(f"{len(blocks) - number} more kinds of alerts: {_kinds(review.alerts[number:])}")
            break
        text += block
    lines = [*rows(review.grants), *rows(review.mappings)]
    text += _table(lines, left - len(text) - len(foot))
    if len(text) + len(foot) <= limit:
        text += foot
    return text[:limit].rstrip() + "\n" if len(text) > limit else text.rstrip() + "\n"


def escape(text: str) -> str:
    """`text` as it is to be read: no punctuation in it means anything to Markdown or HTML."""
    escaped = "".join(
        character if character.isalnum() or character in _PLAIN or not character.isascii() else f"&#{ord(character)};"
        for character in visible(text)
    )
    return _WWW.sub(lambda found: f"{found[0][:3]}&#46;", escaped)  # the one link that needs no other mark


def code(text: str) -> str:
    """`text` as a name or a value."""
    return f"<code>{escape(text)}</code>"


def _kinds(alerts: Iterable[Alert]) -> str:
    return ", ".join(f"{alert.title} ({len(alert.items)})" for alert in alerts)


def _alert(alert: Alert) -> str:
    sign = "🛑" if alert.urgent else "⚠️"
    shown = "\n".join(f"- {code(item)}" for item in alert.items[:_ITEMS_SHOWN])
    more = len(alert.items) - _ITEMS_SHOWN
    rest = f"\n- and {more:,} more" if more > 0 else ""
    return f"{sign} **{escape(alert.title)}: {len(alert.items):,}**\n\n{shown}{rest}\n\n"


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>\n\n{body}\n\n</details>\n\n"


def _left_out(what: str) -> str:
    return f"\n**Not shown here, for want of room: {escape(what)}. See the whole review as HTML or JSON.**\n\n"


def _table(lines: Sequence[Row], room: int) -> str:
    if not lines:
        return ""
    whole = _folded(f"All {len(lines):,} changes", _rows(lines))
    if len(whole) <= room:
        return whole
    counts = _counts(lines)
    if len(counts) + _FOOT > room:
        return _left_out(f"{len(lines):,} changes")
    text = counts
    shown: list[str] = []
    used = len(_folded("Changes", _rows([]))) + len(counts) + _FOOT
    for line in lines:
        entry = _row(line)
        if used + len(entry) + 1 > room:
            break
        shown.append(entry)
        used += len(entry) + 1
    if shown:
        text += _folded(f"The first {len(shown):,} of {len(lines):,} changes", "\n".join([*_HEAD, *shown]))
    return text + _left_out(f"{len(lines) - len(shown):,} of {len(lines):,} changes")


_HEAD = ("| | Who | Where | Gains | Loses | Before → after | Because of |", "|-|-|-|-|-|-|-|")


def _rows(lines: Iterable[Row]) -> str:
    return "\n".join([*_HEAD, *(_row(line) for line in lines)])


def _row(row: Row) -> str:
    cells = [
        f"**{escape(row.mark)}** {WORDS[row.mark]}",
        code(row.who) + ("" if row.noun == "user" else f" ({row.noun})"),
        code(row.where),
        code(row.gained) if row.gained else "",
        code(row.lost) if row.lost else "",
        f"{code(row.before)} → {code(row.after)}" + (f"<br>{escape('; '.join(row.flags))}" if row.flags else ""),
        "<br>".join(code(cause) for cause in row.causes),
    ]
    return f"| {' | '.join(cells)} |"


def _counts(lines: Iterable[Row]) -> str:
    """How many gain and lose, for each place: what stands in for a table that is too long."""
    counted: Counter[tuple[str, str]] = Counter()
    places: Counter[str] = Counter()
    for line in lines:
        counted[line.where, line.mark] += 1
        places[line.where] += 1
    shown = [
        f"| {code(place)} | " + " | ".join(f"{counted[place, mark]:,}" for mark in "+-~?") + " |"
        for place, _ in places.most_common(50)
    ]
    more = f"\n\nand {len(places) - 50:,} more places" if len(places) > 50 else ""
    return "\n".join(["| Where | gains | losses | both | cannot be foretold |", "|-|-|-|-|-|", *shown]) + more + "\n\n"
