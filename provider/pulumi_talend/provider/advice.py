"""What a message tells the author of a program, or of a table of access, to write."""

from __future__ import annotations


def set_input(name: str, value: object, *, in_table: bool) -> str:
    """`set name=value`, or ``write `name: value` there`` where a table declares the resource; completes a sentence."""
    return f"write `{name}: {str(value).lower()}` there" if in_table else f"set {name}={value!r}"


def take_over(*, in_table: bool) -> str:
    """How a resource adopts what exists, where `pulumi import` is no way: in a set, and in a table."""
    if in_table:
        return "Write `adopt_existing: true` there to take it over"
    return "Set adopt_existing=True to take it over"
