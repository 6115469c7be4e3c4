"""A review from a preview: read, looked up, folded, named, and with its alerts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..api.errors import TalendError
from ..api.models import GrantKey
from .alerts import Watch, alerts_of
from .effects import Effect, Names, Target
from .fold import fold, named, target_text, where_of, who_of
from .interpret import Untold, interpret
from .lookup import Looked, look_at_access, look_at_names
from .model import GrantChange, MappingChange, Review, Unforeseen
from .steps import Preview

if TYPE_CHECKING:
    from ..access import TenantAccess


def build_review(
    preview: Preview,
    tenant: TenantAccess | None,
    *,
    insist: bool = False,
    where: tuple[str | None, str | None] = (None, None),
    watch: Watch | None = None,
    notes: Iterable[str] = (),
) -> tuple[Review, Looked | None]:
    """What `preview` does to access, and what the tenant showed.

    `where` says which tenant it is: the first where it was looked at, the second (what the document says) where not. A tenant
    that cannot be read is noted and the state believed instead; with `insist` it is an error. Raises TalendError then.
    """
    looked = look_at_names(tenant) if tenant is not None else None
    interpreted = interpret(preview, looked.names if looked is not None else None)
    reading = interpreted.reading
    said = [*preview.notes, *notes]
    if tenant is not None and looked is not None:
        try:
            look_at_access(tenant, _targets(reading.effects), looked)
            said += looked.notes
        except TalendError as error:
            if insist:
                raise
            said.append(f"The tenant could not be read, so this review believes the stack's state. {error}")
            looked = None
    names = reading.names
    folded = fold(reading.effects, looked.before if looked else None, lambda target: _label(target, names))
    untold = [_unforeseen(each, names) for each in interpreted.untold]
    changes = [named(target, change, names) for target, change in folded.changes]
    review = Review(
        stack=preview.stack,
        project=preview.project,
        tenant=where[0] if looked is not None else where[1],
        source="tenant" if looked is not None else "state",
        grants=tuple(sorted((c for c in changes if isinstance(c, GrantChange)), key=_grant_order)),
        mappings=tuple(sorted((c for c in changes if isinstance(c, MappingChange)), key=lambda c: c.customer_role)),
        unforeseen=tuple(sorted([*untold, *folded.unforeseen], key=str)),
        settled=tuple(sorted({*reading.settled, *folded.settled}, key=str)),
        left=tuple(sorted(set(reading.left), key=str)),
        others=interpreted.others,
        notes=tuple(dict.fromkeys(said)),
    )
    return review.with_alerts(alerts_of(review, looked, watch or Watch())), looked


def _unforeseen(untold: Untold, names: Names) -> Unforeseen:
    step = untold.step
    what = ", ".join(_label(target, names) for target in untold.targets) or f"resource {step.cause.name}"
    return Unforeseen(step.cause, what, untold.reason, tuple(target_text(target) for target in untold.targets))


def _targets(effects: Iterable[Effect]) -> dict[Target, bool]:
    """What to look at, and whether the state says that something stands there."""
    found: dict[Target, bool] = {}
    for effect in effects:
        found[effect.target] = found.get(effect.target, False) or effect.act != "give"
    return found


def _label(target: Target, names: Names) -> str:
    if isinstance(target, str):
        return f"customer role {target}"
    return f"{who_of(target, names).label} on {where_of(target.workspace_id, names).label}"


def _grant_order(change: GrantChange) -> tuple[str, str, str, GrantKey]:
    return (change.where.environment or "", change.who.label.casefold(), change.where.label, change.key)
