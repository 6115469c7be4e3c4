"""What rules and approval say about a review: the result that CI acts on and the comment shows first."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from .. import exit_codes
from ..api.text import plural
from .approval import Approval
from .rules import RuleResult

Result = Literal["passed", "approved", "no-rules", "approval-needed", "not-as-approved", "denied"]


@dataclass(frozen=True)
class Decision:
    """What rules and approval say.

    Attributes:
        rules: Every rule with its result; None where no rules were checked.
        source: Where the rules come from.
        approval: The approval that was given; None without one.
        differences: Why it is not one of this review.
        has_to_match: Whether an approval is needed, by a rule, or because there are no rules.
        command: What an approver runs.
    """

    rules: tuple[RuleResult, ...] | None = None
    source: str = ""
    approval: Approval | None = None
    differences: tuple[str, ...] = ()
    has_to_match: bool = False
    command: str = ""

    def broken(self, action: str) -> tuple[RuleResult, ...]:
        """The broken rules of an action."""
        return tuple(each for each in self.rules or () if each.is_broken and each.rule.action == action)

    @property
    def all_broken(self) -> tuple[RuleResult, ...]:
        """All broken rules, those that deny first."""
        return (*self.broken("deny"), *self.broken("require-approval"), *self.broken("warn"))

    @property
    def result(self) -> Result:
        """The result in a word."""
        if self.broken("deny"):
            return "denied"
        if self.has_to_match and self.approval is not None and self.differences:
            return "not-as-approved"
        if self.has_to_match and self.approval is None:
            return "approval-needed"
        if self.has_to_match:
            return "approved"
        return "no-rules" if self.rules is None else "passed"

    def is_approved(self, broken: RuleResult) -> bool:
        """Whether what breaks a rule has the approval that this rule requires."""
        return broken.rule.action == "require-approval" and self.approval is not None and not self.differences

    def alerts_told(self, most: int = sys.maxsize) -> set[str]:
        """Kinds of alerts that a broken rule is about, and so lists, if it lists at most `most` places."""
        return {kind for each in self.all_broken if len(each.items) <= most for kind in each.rule.alert or ()}

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        result = self.result
        if result == "denied":
            return exit_codes.FOUND
        return exit_codes.NOT_APPROVED if result in {"approval-needed", "not-as-approved"} else exit_codes.OK

    @property
    def headline(self) -> str:
        """The result in a line."""
        result = self.result
        if result == "denied":
            return f"Denied by {plural(len(self.broken('deny')), 'rule')}"
        if result == "not-as-approved":
            return "Not what was approved"
        if result == "approval-needed":
            return "Needs approval"
        if result == "approved" and self.approval is not None:
            return f"Approved by {self.approval.approved_by}"
        if result == "no-rules":
            return "No rules were checked"
        warned = self.broken("warn")
        return f"Passed with {plural(len(warned), 'warning')}" if warned else "Passed: no rule is broken"
