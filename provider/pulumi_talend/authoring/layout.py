"""The layout of a YAML text: two spaces a level, lists set in, one space where one is usual, at most one blank line.

Only white space changes. Texts, quotes and comments stay as they are: ruamel.yaml, which writes YAML from data, loses comments
after flow collections. The places come from PyYAML's scanner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

STEP = 2


@dataclass(frozen=True)
class _Block:
    """A mapping or list: its column before and after. `implied`: a list as far left as the key that it is the value of."""

    old: int
    new: int
    is_list: bool
    implied: bool = False


@dataclass
class _Line:
    """What the scanner says of a line.

    Attributes:
        old: The column of its first token.
        new: The column that this token gets; None for a line that goes on with what an earlier line began.
        begun: That earlier line.
        tokens: The tokens that begin on it.
        blocks: The blocks that are open behind its last token.
    """

    old: int = 0
    new: int | None = None
    begun: int | None = None
    tokens: list[Any] = field(default_factory=list[Any])
    blocks: tuple[_Block, ...] = ()


def laid_out(text: str) -> str:
    """The text with its usual layout. Lines end with a line feed."""
    source = text.split("\n")
    lines = _scanned(text, len(source))
    shifts: dict[int, int] = {}
    written: list[str] = []
    for number, line in enumerate(lines):
        raw = source[number]
        if line.begun is not None:
            shifts[number] = shifts.get(line.begun, 0)
            written.append(_continued(raw, line, shifts[number]))
        elif line.tokens:
            shifts[number] = (line.new or 0) - line.old
            written.append(" " * (line.new or 0) + _content(raw, line.tokens))
        elif raw.strip():
            written.append(" " * _comment_column(raw, number, lines) + raw.strip())
        elif written and written[-1]:
            written.append("")
    return "\n".join(written).strip("\n") + "\n"


def _scanned(text: str, count: int) -> list[_Line]:
    lines = [_Line() for _ in range(count)]
    blocks: list[_Block] = []
    flows: list[int] = []
    is_key = False
    for token in cast("Iterable[Any]", yaml.scan(text, Loader=yaml.SafeLoader)):  # pyright: ignore[reportUnknownMemberType]
        if isinstance(token, (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken)):
            is_list = isinstance(token, yaml.BlockSequenceStartToken)
            blocks.append(_Block(token.start_mark.column, _inside(blocks), is_list))
            continue
        if isinstance(token, yaml.BlockEndToken):
            _end(blocks)
            continue
        if isinstance(token, yaml.KeyToken) and not flows:
            if blocks and blocks[-1].implied:
                blocks.pop()
            is_key = True
        if isinstance(token, yaml.BlockEntryToken) and not (blocks and blocks[-1].is_list):
            blocks.append(_Block(token.start_mark.column, _inside(blocks), True, implied=True))
        if token.start_mark.index == token.end_mark.index:
            continue
        _place(lines, token, blocks, flows, is_key=is_key)
        is_key = is_key and isinstance(token, yaml.KeyToken)
        if isinstance(token, (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)):
            flows.append(token.start_mark.line)
        elif isinstance(token, (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)):
            begun = flows.pop()
            for number in range(begun + 1, token.end_mark.line):  # comments within brackets have no token
                lines[number].begun = begun if lines[number].begun is None else lines[number].begun
    return lines


def _end(blocks: list[_Block]) -> None:
    if blocks.pop().implied:
        blocks.pop()


def _inside(blocks: list[_Block]) -> int:
    return blocks[-1].new + STEP if blocks else 0


def _place(lines: list[_Line], token: Any, blocks: list[_Block], flows: list[int], *, is_key: bool) -> None:
    first: int = token.start_mark.line
    last: int = token.end_mark.line
    line = lines[first]
    if not line.tokens and line.begun is None:
        line.old = token.start_mark.column
        if flows:
            line.begun = flows[0]
        elif isinstance(token, yaml.BlockEntryToken) or is_key:
            line.new = blocks[-1].new
        else:
            line.new = _inside(blocks)
    line.tokens.append(token)
    line.blocks = tuple(blocks)
    if token.end_mark.column == 0 and last > first:
        last -= 1  # a block text ends where the next line begins
    for number in range(first + 1, last + 1):
        lines[number].begun = first
        lines[number].blocks = tuple(blocks)


def _continued(raw: str, line: _Line, shift: int) -> str:
    """A line within brackets, or within a text of several lines."""
    if not raw.strip():
        return ""
    indent = max(len(raw) - len(raw.lstrip(" ")) + shift, 0)
    if line.tokens and line.old == len(raw) - len(raw.lstrip(" ")):
        return " " * indent + _content(raw, line.tokens)
    return " " * indent + raw.strip(" ")


def _content(raw: str, tokens: list[Any]) -> str:
    """A line from its first token on."""
    text = ""
    for number, token in enumerate(tokens):
        end = token.end_mark.column if token.end_mark.line == token.start_mark.line else len(raw)
        if number:
            before = tokens[number - 1]
            text += _gap(before, token, raw[before.end_mark.column : token.start_mark.column])
        text += raw[token.start_mark.column : end]
    last = tokens[-1]
    rest = raw[last.end_mark.column :].strip() if last.end_mark.line == last.start_mark.line else ""
    return f"{text} {rest}".rstrip() if rest else text.rstrip()


def _gap(one: Any, other: Any, gap: str) -> str:
    starts, ends = (
        (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken),
        (
            yaml.FlowSequenceEndToken,
            yaml.FlowMappingEndToken,
        ),
    )
    if isinstance(other, (yaml.ValueToken, yaml.FlowEntryToken)) or (
        isinstance(one, starts) and isinstance(other, ends)
    ):
        return ""
    if isinstance(one, yaml.FlowSequenceStartToken) or isinstance(other, yaml.FlowSequenceEndToken):
        return ""
    usual = (yaml.BlockEntryToken, yaml.ValueToken, yaml.FlowEntryToken, yaml.KeyToken, yaml.FlowMappingStartToken)
    return " " if isinstance(one, usual) or isinstance(other, yaml.FlowMappingEndToken) else gap


def _comment_column(raw: str, number: int, lines: list[_Line]) -> int:
    """The column of a comment on a line of its own: that of the part that it stands beside."""
    column = len(raw) - len(raw.lstrip(" "))
    following = next((each for each in lines[number + 1 :] if each.tokens and each.begun is None), None)
    if following is not None and following.old == column:
        return following.new or 0
    before = next((each for each in reversed(lines[:number]) if each.tokens), _Line())
    beside = [block for block in before.blocks if block.old == column]
    if beside:
        return beside[0].new
    if following is not None:
        return following.new or 0
    around = [block for block in before.blocks if block.old <= column]
    return around[-1].new if around else 0
