"""Rules as code: what a review may not do, may do with a warning, or only with somebody's approval.

A rule names what it is about; a change breaks it where all that it names fits. What is not known counts as fitting: a rule
about `prod` also catches a change on a workspace whose environment is not known. Access that lasts longer is a gain of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..api.text import plural
from ..model.grants import GrantKey, permission_list
from ..model.named import Place, Who
from .alerts import ADMIN_ROLES, BROAD_GROUPS, AlertName, Watch, matches, subject
from .errors import RulesError
from .lookup import Live
from .model import AnyChange, GrantChange, MappingChange, Review
from .text import day, visible

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Action = Literal["deny", "warn", "require-approval"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_listed), Field(min_length=1)]
AlertKind = Annotated[list[AlertName], BeforeValidator(_listed), Field(min_length=1)]


class Rule(BaseModel):
    """One rule. Patterns may have `*`, `?` and `[...]`; upper and lower case are alike."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, Field(min_length=1)]
    action: Action
    change: Literal["gain", "loss", "any"] = "gain"
    permission: Patterns | None = None
    environment: Patterns | None = None
    workspace: Patterns | None = None
    person: Patterns | None = None
    except_person: Patterns | None = None
    kind: Literal["user", "service-account"] | None = None
    customer_role: Patterns | None = None
    role: Patterns | None = None
    removed_share: Annotated[float, Field(ge=0, lt=1)] | None = None
    alert: AlertKind | None = None

    @property
    def about_grants(self) -> bool:
        """Whether it names something that only grants have."""
        return any((self.permission, self.environment, self.workspace, self.person, self.except_person, self.kind))

    @property
    def about_mappings(self) -> bool:
        """Whether it names something that only role mappings have."""
        return any((self.customer_role, self.role))


@dataclass(frozen=True)
class RuleResult:
    """A rule, and each place where a review breaks it; none where it does not."""

    rule: Rule
    items: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether the review breaks the rule."""
        return bool(self.items)


class Rules(BaseModel):
    """A rules file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    admin_roles: Patterns = Field(default_factory=lambda: list(ADMIN_ROLES))
    broad_groups: Patterns = Field(default_factory=lambda: list(BROAD_GROUPS))
    rule: list[Rule] = Field(default_factory=list[Rule])

    @property
    def watch(self) -> Watch:
        """What the alerts watch for."""
        return Watch(self.admin_roles, self.broad_groups)


def find_rules(directory: Path) -> Path | None:
    """`review.toml` in `directory`, else its `pyproject.toml` where that has a `[tool.talend-access.review]` table."""
    own, project = directory / "review.toml", directory / "pyproject.toml"
    if own.is_file():
        return own
    if project.is_file() and _table(_loaded(project), project) is not None:
        return project
    return None


def load_rules(path: Path) -> Rules:
    """The rules in `path`. Raises RulesError with everything that is wrong with them."""
    document = _loaded(path)
    table = _table(document, path) if path.name == "pyproject.toml" else document
    if table is None:
        raise RulesError(
            f"{path} has no table [tool.talend-access.review]. Write one, or name another file with --rules."
        )
    try:
        rules = Rules.model_validate(table)
    except ValidationError as error:
        raise RulesError(
            f"{path}: {'; '.join(_problem(detail) for detail in error.errors(include_url=False))}. Correct it; the keys of a "
            "rule are in docs/review.md."
        ) from None
    wrong = [reason for rule in rules.rule if (reason := _senseless(rule))]
    if wrong:
        raise RulesError(f"{path}: {'; '.join(wrong)}")
    return rules


def results(rules: Rules, review: Review, live: Live | None) -> tuple[RuleResult, ...]:
    """Every rule with the places where `review` breaks it; all rules are checked, whatever the first of them says."""
    return tuple(RuleResult(rule, tuple(_items(rule, review, live))) for rule in rules.rule)


def _loaded(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RulesError(f"The rules in {path} cannot be read: {error.strerror}. Check the path.") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or a number or a nesting without end
        raise RulesError(f"{path} is not TOML: {visible(str(error))}. Correct it.") from None


def _table(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    table: Any = document
    for name in ("tool", "talend-access", "review"):
        table = cast("dict[str, Any]", table).get(name) if isinstance(table, dict) else None
    if table is not None and not isinstance(table, dict):
        raise RulesError(
            f"{path}: tool.talend-access.review must be a table. Write [[tool.talend-access.review.rule]]."
        )
    return cast("dict[str, Any] | None", table)


def _problem(detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    said = "is not a key of a rule" if detail["type"] == "extra_forbidden" else str(detail["msg"])
    return visible(f"{where}: {said}")


def _senseless(rule: Rule) -> str | None:
    if rule.about_grants and rule.about_mappings:
        return f"rule '{visible(rule.name)}' names both grants and role mappings: write two rules"
    if rule.removed_share is not None and (rule.about_mappings or rule.permission or rule.kind):
        return f"rule '{visible(rule.name)}': removed_share goes with environment, workspace and person only"
    if rule.alert and (rule.about_grants or rule.about_mappings or rule.removed_share is not None):
        return f"rule '{visible(rule.name)}': alert stands by itself"
    return None


def _items(rule: Rule, review: Review, live: Live | None) -> list[str]:
    if rule.alert is not None:
        kinds: set[str] = set(rule.alert)
        return [f"{alert.title}: {item}" for alert in review.alerts if alert.kind in kinds for item in alert.items]
    if rule.removed_share is not None:
        return _share(rule, rule.removed_share, review, live)
    changes: list[AnyChange] = []
    if not rule.about_mappings:
        changes += [change for change in review.grants if _fits(rule, change)]
    if not rule.about_grants:
        changes += [change for change in review.mappings if _role_fits(rule, change)]
    # What is not known before the update may do anything, so it breaks every rule about changes.
    unknown = [f"{one.what}: what it does is not known, so it may be that ({one.reason})" for one in review.unknown]
    return [_said(rule, change) for change in changes] + unknown


def _said(rule: Rule, change: AnyChange) -> str:
    doubt = " (what is there now is not known)" if change.is_loss_unknown else ""
    parts: list[str] = []
    if rule.change != "loss":
        parts += [f"gains {permission_list(change.gained)}"] if change.gained else []
        if change.prolongs:
            end = "without an end" if change.is_end_removed else f"until {day(change.until)}"
            parts.append(f"keeps {permission_list(change.after)} {end} instead of until {day(change.until_before)}")
    if rule.change != "gain" and (change.lost or change.is_loss_unknown):
        parts.append(f"loses {permission_list(change.lost) if change.lost else 'something'}")
    return f"{subject(change)} {' and '.join(parts) or 'changes'}{doubt}"


def _concerned(rule: Rule, change: AnyChange, names: Sequence[str] | None) -> bool:
    """Whether what the change gains or loses (as the rule asks) is something that the rule names."""
    concerned: set[str] = set()
    if rule.change != "loss":
        concerned |= change.gained | (change.after if change.prolongs else frozenset())
    if rule.change != "gain":
        concerned |= change.lost
        if change.is_loss_unknown:
            return True
    if rule.change == "any":
        concerned |= change.after
    if names is None:
        return bool(concerned)
    return any(matches(right, names) for right in concerned)


def _fits(rule: Rule, change: GrantChange) -> bool:
    return _in_scope(rule, change.who, change.where) and _concerned(rule, change, rule.permission)


def _in_scope(rule: Rule, who: Who, where: Place) -> bool:
    if rule.kind is not None and rule.kind != ("user" if who.is_user else "service-account"):
        return False
    if rule.except_person is not None and any(matches(name, rule.except_person) for name in (who.name, who.id) if name):
        return False
    return (
        _may_be(rule.environment, [where.environment or None])
        and _may_be(rule.workspace, [where.name, where.id] if where.name else [None])
        and _may_be(rule.person, [who.name, who.id] if who.name else [None])
    )


def _may_be(patterns: Sequence[str] | None, names: Sequence[str | None]) -> bool:
    """Whether one of `names` fits; a name that is not known may be any."""
    return patterns is None or any(name is None or matches(name, patterns) for name in names)


def _role_fits(rule: Rule, change: MappingChange) -> bool:
    return _may_be(rule.customer_role, [change.target]) and _concerned(rule, change, rule.role)


def _share(rule: Rule, share: float, review: Review, live: Live | None) -> list[str]:
    """Grants that would be gone, against all that there are now in what the rule names."""
    ended = [change for change in review.grants if change.ends and _in_scope(rule, change.who, change.where)]
    if not ended:
        return []
    kinds = {change.who.principal.kind for change in ended}
    if live is None or not kinds <= live.whole:
        return [
            f"{plural(len(ended), 'grant')} would be gone; of how many is not known without all grants of the tenant"
        ]
    now = {key for key in live.listed if key.principal.kind in kinds and _in_scope(rule, *_named(key, live))}
    now |= {change.target for change in ended}
    if len(ended) / len(now) <= share:
        return []
    return [
        f"{len(ended):,} of {plural(len(now), 'grant')} would be gone ({len(ended) / len(now):.0%}, allowed {share:.0%})"
    ]


def _named(key: GrantKey, live: Live) -> tuple[Who, Place]:
    return live.names.who(key.principal), live.names.where(key.workspace_id)
