"""A review from a preview: read, looked up, planned, named, and with its alerts."""

from __future__ import annotations

from collections.abc import Iterable

from ..access import TenantAccess
from ..errors import TalendError
from ..model.grants import GrantKey
from .alerts import Watch, alerts_of
from .changes import changes_of, standing_by_state
from .lookup import Live, read_access, read_names
from .model import GrantChange, MappingChange, Origin, Review, UnknownEffect
from .names import Names, target_text
from .reading import Unread, read_steps
from .steps import Preview


def build_review(
    preview: Preview,
    tenant: TenantAccess | None,
    *,
    insist: bool = False,
    address: str | None = None,
    watch: Watch | None = None,
    notes: Iterable[str] = (),
    origin: Origin | None = None,
) -> tuple[Review, Live | None]:
    """Reviews a preview.

    Args:
        preview: What to review.
        tenant: The tenant to look at; None believes the stack's state.
        insist: Whether a tenant that cannot be read is an error; else it is noted, and the state believed.
        address: The tenant's address.
        watch: What to raise alerts for.
        notes: What the reader should know about where the review comes from.
        origin: Commit, time and author.

    Returns:
        The review, and what the tenant showed.

    Raises:
        TalendError: The tenant cannot be read, with `insist`.
    """
    names, said = Names(), [*preview.notes, *notes]
    if tenant is not None:
        said += read_names(tenant, names)
    reading = read_steps(preview, names)
    live: Live | None = None
    if tenant is not None:
        try:
            live = read_access(tenant, reading)
        except TalendError as error:
            if insist:
                raise
            said.append(f"The tenant could not be read, so this review believes the stack's state. {error}")
        else:
            said += live.notes
    outcome = changes_of(reading, live.standing if live is not None else standing_by_state(reading))
    unknown = [_unread(each, names) for each in reading.unread]
    unknown += [
        UnknownEffect(cause, names.label(target), why, (target_text(target),)) for cause, why, target in outcome.unknown
    ]
    review = Review(
        stack=preview.stack,
        project=preview.project,
        tenant=address,
        source="tenant" if live is not None else "state",
        grants=tuple(sorted((each for each in outcome.changes if isinstance(each, GrantChange)), key=_grant_order)),
        mappings=tuple(
            sorted((each for each in outcome.changes if isinstance(each, MappingChange)), key=lambda each: each.target)
        ),
        unknown=tuple(sorted(unknown, key=str)),
        settled=tuple(sorted(set(outcome.settled), key=str)),
        left=tuple(sorted(set(outcome.left), key=str)),
        foreign=tuple(sorted(set(reading.foreign), key=str)),
        others=reading.others,
        endpoint=preview.config.get("talend:endpoint"),
        notes=tuple(dict.fromkeys([*said, *outcome.notes])),
        origin=origin or Origin(),
    )
    return review.with_alerts(alerts_of(review, live, watch or Watch())), live


def _unread(unread: Unread, names: Names) -> UnknownEffect:
    what = ", ".join(names.label(target) for target in unread.targets) or f"resource {unread.step.cause.name}"
    return UnknownEffect(unread.step.cause, what, unread.reason, tuple(target_text(each) for each in unread.targets))


def _grant_order(change: GrantChange) -> tuple[str, str, str, GrantKey]:
    return (change.where.environment, change.who.label.casefold(), change.where.label, change.target)
