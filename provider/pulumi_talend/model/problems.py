"""What is wrong with a setting or an input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a setting or an input.

    Attributes:
        where: The setting or property (`talend:region`, `permissions`); empty for the whole.
        reason: What is wrong and what to do.
        is_setting: Whether `where` is a setting or a variable of the environment, not an input of the resource.
        entry: The entry of a table that it is about: how the principal, or the customer role, is written there.
    """

    where: str
    reason: str
    is_setting: bool = False
    entry: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


class ProblemsError(Exception):
    """Inputs that are refused, with every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
