"""Reading YAML with the place of every part, and without YAML's traps.

YAML reads many plain words as something else than text, and its versions differ in which: `no` and `on` are truth values, `012`
is ten, `12:30` is 750, `2027-01-31` is a date, an empty value is null. In a table of access each of them is a name that somebody
meant as text, so they are refused with their line. Anchors, aliases, merge keys and tags are refused too: a table is read by
people, and has teams and bundles for what repeats.

The parser is PyYAML's, which Pulumi itself installs. It reports events with their positions, and its resolver knows what plain
words mean in YAML 1.1, the version with the most traps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.resolver import Resolver

from .places import Path, Places, Position, TableProblem

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = Resolver()
_DEEPEST = 16
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
"""What YAML 1.2 reads as a number. An editor checks with that version."""
_TRUTH_ELSEWHERE = frozenset("yYnN")
"""What YAML 1.1 has as truth values, beside those that PyYAML knows."""
_KINDS = {
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "null": "null",
    "value": "a special key",
}
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")
_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_RAW_TEXT = frozenset({"expires"})
"""Keys whose plain value is taken as it is written: a time with its zone is a date for YAML, and exactly what is meant."""


@dataclass
class Source:
    """What one or several files hold.

    Attributes:
        name: The file or folder in messages.
        data: Texts, truth values, whole numbers, lists and dictionaries.
        keys: Where keys stand.
        values: Where values begin.
        problems: What is wrong so far.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    keys: dict[Path, Position] = field(default_factory=dict[Path, Position])
    values: dict[Path, Position] = field(default_factory=dict[Path, Position])
    problems: list[TableProblem] = field(default_factory=list[TableProblem])

    @property
    def places(self) -> Places:
        """Where everything stands."""
        return Places(self.name, self.keys, self.values)

    def refuse(self, position: Position, reason: str) -> None:
        """Notes a problem."""
        self.problems.append(TableProblem(str(position), reason, position))


def read_yaml(source: Source, file: str, content: bytes) -> None:
    """Reads a file into `source`, beside what it has from other files. What is wrong goes to its problems.

    Args:
        source: Where it goes.
        file: The file's name in positions.
        content: The file.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        source.refuse(Position(file, line, 1), "is not UTF-8 text; save the file as UTF-8")
        return
    if text.startswith("\ufeff"):
        source.refuse(Position(file, 1, 1), "the file begins with a byte order mark; save it as UTF-8 without BOM")
        return
    if not _is_readable(source, file, text):
        return
    try:
        _Builder(source, file, yaml.parse(text, Loader=_LOADER)).build()  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    except yaml.MarkedYAMLError as error:
        source.refuse(*_syntax_problem(file, error))


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> tuple[Position, str]:
    """Where the mistake is, and what it is. The parser notices some mistakes later than they are made."""
    said, context = str(error.problem), str(error.context)
    mark = error.problem_mark or error.context_mark
    reason = (
        f"is not valid YAML ({said}); check the indentation, and write quotes around text that contains ': ' or ' #', or "
        "begins with a special character"
    )
    if error.context_mark is not None and "quoted scalar" in context:
        mark, reason = error.context_mark, "a text in quotes does not end; write \" or ' at both ends"
    elif error.context_mark is not None and "simple key" in context:
        mark, reason = (
            error.context_mark,
            "a key without a value; write ': ' after it, with a space, and check the indentation",
        )
    return (Position(file, mark.line + 1, mark.column + 1) if mark is not None else Position(file, 1, 1)), reason


def _is_readable(source: Source, file: str, text: str) -> bool:
    """Whether nothing is in the text that a reader cannot see, or sees otherwise than the parser."""
    count = len(source.problems)
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if _CONFLICT.match(line):
            source.refuse(Position(file, number, 1), "git's mark of a merge conflict; resolve the conflict first")
            continue
        if line.isprintable():
            continue
        column = next(index for index, character in enumerate(line, 1) if not character.isprintable())
        character = line[column - 1]
        name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
        reason = "a tab; indent with spaces" if character == "\t" else f"an invisible character ({name}); remove it"
        source.refuse(Position(file, number, column), reason)
    return len(source.problems) == count


def plain_kind(text: str) -> str:
    """What YAML takes a plain word for, in words; empty where that is text, in each of its versions."""
    tag = str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportArgumentType]
    if tag == _TEXT_TAG and text in _TRUTH_ELSEWHERE:
        return "a truth value"
    if tag == _TEXT_TAG and _NUMBER_ELSEWHERE.fullmatch(text):
        return "a number"
    return "" if tag in {_TEXT_TAG, _MERGE_TAG} else _KINDS.get(tag.rpartition(":")[2], "no text")


class _Builder:
    """From the parser's events to data with positions."""

    def __init__(self, source: Source, file: str, events: Iterator[Any]) -> None:
        self._source = source
        self._file = file
        self._events = events

    def build(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a second document in one file; remove the ---")
                    return
            elif isinstance(event, yaml.MappingStartEvent):
                self._source.values.setdefault((), self._position(event))
                self._mapping(event, self._source.data, (), 0)
            elif isinstance(event, yaml.NodeEvent) and not self._is_empty(event):
                self._skip(event)
                self._refuse(event, "a table is a mapping; begin with `environments:`, `teams:` or `workspaces:`")

    def _mapping(self, start: Any, data: dict[str, Any], path: Path, depth: int) -> None:
        self._plain(start)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            value = next(self._events)
            if key is None:
                self._skip(value)
                continue
            inside, position = (*path, key), self._position(event)
            first = self._source.keys.get(inside)
            if first is not None:
                merged = depth == 0 and isinstance(value, yaml.MappingStartEvent) and first.file != self._file
                if merged and isinstance(data[key], dict):  # a section that goes on in another file
                    self._mapping(value, data[key], inside, depth + 1)
                    continue
                self._refuse(event, f"'{key}' is written twice (first in {self._told(first)}); keep one of them")
                self._skip(value)
                continue
            self._source.keys[inside] = position
            data[key] = self._value(value, inside, depth + 1)

    def _key(self, event: Any) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, "a key must be text; remove the ? or the brackets")
            self._skip(event)
            return None
        if event.value == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not accepted; write what repeats as a bundle or a team")
            return None
        self._plain(event)
        kind = self._kind(event)
        if kind:
            self._refuse(event, f"{event.value or 'an empty key'} is {kind} to YAML; write it in quotes")
        return str(event.value)

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        self._source.values[path] = self._position(event)
        if depth > _DEEPEST:
            self._refuse(event, "is nested too deep for a table; remove brackets")
            self._skip(event)
            return ""
        if isinstance(event, yaml.MappingStartEvent):
            data: dict[str, Any] = {}
            self._mapping(event, data, path, depth)
            return data
        if isinstance(event, yaml.SequenceStartEvent):
            self._plain(event)
            items: list[Any] = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(item, (*path, len(items)), depth + 1))
            return items
        self._plain(event)
        return "" if isinstance(event, yaml.AliasEvent) else self._scalar(event, path)

    def _scalar(self, event: Any, path: Path) -> Any:
        text: str = event.value
        if not event.style and event.start_mark.line != event.end_mark.line:
            self._refuse(event, "a text over several lines; write it on one line, or check the indentation")
            return text
        kind = self._kind(event)
        if not kind or (path[-1] in _RAW_TEXT and kind == "a date"):
            return text
        if kind == "a truth value" and text in {"true", "false"}:
            return text == "true"
        if kind == "a number" and _PLAIN_NUMBER.fullmatch(text):
            return int(text)
        if kind == "null":
            shown = text or "an empty value"
            self._refuse(event, f"{shown} is null to YAML; write the value, or remove the line")
        else:
            instead = f"write true or false; or '{text}', in quotes, if it is text"
            self._refuse(
                event, f"{text} is {kind} to YAML; {instead if kind == 'a truth value' else 'write it in quotes'}"
            )
        return text

    def _kind(self, event: Any) -> str:
        """What YAML takes a scalar for, where that is not text. The style of a plain one is None or "", by parser."""
        return "" if event.style or event.tag is not None else plain_kind(event.value)

    def _plain(self, event: Any) -> None:
        """Refuses what a table does not use: anchors, aliases and tags."""
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"aliases (*{event.anchor}) are not accepted; write what repeats as a bundle or a team")
        elif event.anchor is not None:
            self._refuse(event, f"anchors (&{event.anchor}) are not accepted; write what repeats as a bundle or a team")
        elif event.tag is not None:
            self._refuse(event, f"tags ({event.tag}) are not accepted; remove it")

    def _skip(self, event: Any) -> None:
        """Passes over a value that is not read."""
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return
            event = next(self._events)

    def _is_empty(self, event: Any) -> bool:
        return isinstance(event, yaml.ScalarEvent) and event.value == "" and not event.style

    def _position(self, event: Any) -> Position:
        return Position(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _told(self, position: Position) -> str:
        return f"line {position.line}" if position.file == self._file else str(position)

    def _refuse(self, event: Any, reason: str) -> None:
        self._source.refuse(self._position(event), reason)
