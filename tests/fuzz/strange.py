"""What a parser may be given: JSON as nobody should write it, real documents with something wrong in them, odd bytes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st

from support import readable


def examples(number: int) -> settings:
    """`number` examples in a usual run; as many times more as `make fuzz` asks for (see tests/conftest.py)."""
    usual = 100
    return settings(max_examples=max(1, number * settings().max_examples // usual))


@dataclass(frozen=True)
class Raw:
    """JSON as it is written, for what Python's values cannot say."""

    text: str

    def __deepcopy__(self, _memo: Any) -> Raw:
        return self


@dataclass(frozen=True)
class Twice:
    """An object whose every key stands there twice, the second time with null."""

    inside: Any


DEEP = 100_000
ODD_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    "1E+2",
    "9" * 5_000,
    "1" * 25,
    "-1",
    "0",
    "0.1",
    "2147483648",
]
ODD_TEXTS = [
    '""',
    '" "',
    r'"\ud800"',
    r'"a\udfffb"',
    r'"\u0000"',
    r'"\n\r\t"',
    r'"\u202eabc"',
    r'"[secret]"',
    r'"04da6b54-80e4-46f7-96ec-b56ff0331ba9"',
    r'"../.."',
    r'"a/b"',
    r'"%2e%2e"',
    r'"a,b"',
    '"' + "x" * 2_000 + '"',
    '"Käthe 😀"',
]
RAW = st.sampled_from([Raw(text) for text in (*ODD_NUMBERS, *ODD_TEXTS, "null", "true", "[]", "{}", "[[]]", "[null]")])
SCALARS = st.one_of(RAW, st.none(), st.booleans(), st.integers(), st.text(max_size=8))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=6), inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "name", "roles", "permissions"]), inner, max_size=3).map(Twice),
    ),
    max_leaves=8,
)


def written(value: Any) -> str:
    """`value` as JSON."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Twice):
        pairs = [f"{json.dumps(key)}: {written(inner)}" for key, inner in value.inside.items()]
        return "{" + ", ".join([*pairs, *(f"{json.dumps(key)}: null" for key in value.inside)]) + "}"
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value).items()
        return "{" + ", ".join(f"{json.dumps(str(key))}: {written(inner)}" for key, inner in entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(inner) for inner in cast("list[Any]", value)) + "]"
    return json.dumps(value)


Path = tuple[str | int, ...]


def paths(value: Any, here: Path = ()) -> list[Path]:
    """Every place in a document."""
    found = [here]
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        inside = enumerate(cast("list[Any]", value))
    for step, inner in inside:
        found += paths(inner, (*here, step))
    return found


@st.composite
def damaged(draw: st.DrawFn, documents: Sequence[Any]) -> Any:
    """One of `documents` with one to three things wrong in it."""
    value = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(paths(value)))
        if not where:
            how = draw(st.sampled_from(["replace", "wrap", "keep"]))
            value = draw(VALUES) if how == "replace" else [value] if how == "wrap" else value
            continue
        holder: Any = value
        for step in where[:-1]:
            holder = holder[step]
        last = where[-1]
        how = draw(st.sampled_from(["replace", "remove", "wrap", "repeat", "add"]))
        if how == "replace":
            holder[last] = draw(VALUES)
        elif how == "remove":
            del holder[last]
        elif how == "wrap":
            holder[last] = [holder[last]]
        elif isinstance(holder, list):
            items = cast("list[Any]", holder)
            items.append(copy.deepcopy(items[cast("int", last)]) if how == "repeat" else draw(VALUES))
        else:
            holder[draw(st.sampled_from(["id", "name", "ciphertext", "4dabf18193072939515e22adb298388d"]))] = draw(
                VALUES
            )
    return value


@st.composite
def texts(draw: st.DrawFn, documents: Sequence[Any]) -> str:
    """A damaged document as JSON, sometimes cut off, with something around it, or nested without end."""
    text = written(draw(st.one_of(damaged(documents), VALUES)))
    how = draw(st.sampled_from(["whole"] * 6 + ["cut", "behind", "before", "deep", "blank", "bom"]))
    if how == "cut":
        return text[: draw(st.integers(0, len(text)))]
    if how == "behind":
        return text + draw(st.text(max_size=5))
    if how == "before":
        return draw(st.text(max_size=5)) + text
    if how == "deep":
        return draw(
            st.sampled_from(
                ["[" * DEEP, '{"a":' * DEEP, "[" * 2_000 + "]" * 2_000, '{"deployment":' * 2_000 + "1" + "}" * 2_000]
            )
        )
    if how == "blank":
        return draw(st.text(" \n\t\ufeff", max_size=3))
    return "\ufeff" + text if how == "bom" else text


@st.composite
def bodies(draw: st.DrawFn, documents: Sequence[Any]) -> bytes:
    """A damaged document as bytes, sometimes in an encoding that it should not have, sometimes no text at all."""
    how = draw(st.sampled_from(["utf-8"] * 8 + ["utf-16", "utf-32", "latin-1", "utf-8-sig", "bytes", "html"]))
    if how == "bytes":
        return draw(st.binary(max_size=30))
    if how == "html":
        return b"<html>" + draw(st.binary(max_size=10))
    return draw(texts(documents)).encode(how, "surrogatepass" if how.startswith("utf") else "replace")


def tellable(error: BaseException | str, *secrets: str) -> str:
    """The message of `error`, which has to be one that can be printed, that a person can be shown, and without `secrets`."""
    text = readable(error, secrets=secrets)
    assert text.encode("utf-8")
    shown = text.replace("\n", " ").replace("…", ".")
    assert not any(character in shown for character in "\x00\x1b\r\u202e\ufffe"), ascii(text)
    return text
