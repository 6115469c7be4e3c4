"""What goes wrong: the rows of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import support
from faults.stage import Seen, Stage, Trouble
from pulumi_talend_sandbox.tenant import Fault

HUGE = 100_000_000
WINDOW_SECONDS = 60
HOUR = 3600.0


@dataclass(frozen=True)
class Strike:
    """One sort of fault.

    `arm(stage, number, always)` has it strike the call of that number, counted from now, or each from there on. `applies`
    tells whether it can change anything about a call that goes well.
    """

    words: str
    arm: Callable[[Stage, int, bool], None]
    applies: Callable[[Seen], bool] = lambda _seen: True
    as_service_account: bool = False


def _always(_seen: Seen) -> bool:
    return True


def _in_tenant(
    words: str, applies: Callable[[Seen], bool] = _always, *, elsewhere: bool = False, **fault: Any
) -> Strike:
    """A fault of the offline tenant's; `elsewhere`: a redirect to the other host."""

    def arm(stage: Stage, number: int, always: bool) -> None:
        where = {"location": f"{stage.elsewhere.url}/login"} if elsewhere else {}
        stage.tenant.inject(Fault.model_validate({**fault, **where, "after": number, "times": None if always else 1}))

    return Strike(words, arm, applies)


def _on_the_way(words: str, trouble: Trouble, **more: Any) -> Strike:
    return Strike(words, lambda stage, number, always: stage.network.trouble(trouble, number, always=always), **more)


def _clock_off(words: str, seconds: float) -> Strike:
    """The tenant's rate limit is used up from that call on, and says in epoch seconds when it takes calls again."""

    def arm(stage: Stage, number: int, always: bool) -> None:
        stage.clock_is_off = seconds
        rate_limit = (1 if always else max(1, number), WINDOW_SECONDS)
        stage.tenant.set_behaviour(rate_limit=rate_limit, reset_as="epoch", rate_limited="all")
        if number == 0:
            bearer = {"Authorization": f"Bearer {stage.tenant.token}"}
            support.fetch("GET", f"{stage.tenant.url}/security/role-mappings", headers=bearer)

    return Strike(words, arm)


def _behaves(words: str, applies: Callable[[Seen], bool], **behaviour: Any) -> Strike:
    """The tenant behaves otherwise during the whole operation: it has no single call that could be struck."""

    def arm(stage: Stage, _number: int, _always: bool) -> None:
        stage.tenant.set_behaviour(**behaviour)

    return Strike(words, arm, applies)


def _lagging(words: str, seconds: float) -> Strike:
    return _behaves(words, _writes, listing_lag=seconds, read_lag=seconds, mapping_lag=seconds)


def _is_batch(seen: Seen) -> bool:
    return seen.path.endswith("/batch") or (seen.method == "DELETE" and seen.path.endswith("/permissions"))


def _has_body(seen: Seen) -> bool:
    return seen.answer is not None


def _not_for_a_token(seen: Seen) -> bool:
    return "oauth" not in seen.path


def _objects(answer: Any) -> list[Any]:
    return cast("list[Any]", answer) if isinstance(answer, list) else [answer]


def _writes(seen: Seen) -> bool:
    return seen.method != "GET"


def _lists(seen: Seen) -> bool:
    answer = seen.answer
    return seen.method == "GET" and isinstance(answer, list) and answer != []


def _has(field: str) -> Callable[[Seen], bool]:
    return lambda seen: any(isinstance(each, dict) and field in each for each in _objects(seen.answer))


STRIKES: dict[str, Strike] = {
    "401": _in_tenant("the API answers 401", kind="status", status=401),
    "403": _in_tenant("the API answers 403", kind="status", status=403),
    "404": _in_tenant("the API answers 404", kind="status", status=404),
    "409": _in_tenant("the API answers 409", kind="status", status=409),
    "429": _in_tenant("the API answers 429 without a wait time", kind="status", status=429),
    "429-headers": _in_tenant(
        "the API answers 429 with a wait time",
        kind="status",
        status=429,
        headers={
            "X-RateLimit-Limit": "100",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "7",
            "Retry-After": "7",
        },
    ),
    "500": _in_tenant("the API answers 500", kind="status", status=500),
    "502": _in_tenant("the API answers 502", kind="status", status=502),
    "503": _in_tenant("the API answers 503", kind="status", status=503),
    "500-done": _in_tenant("the API answers 500 after it did the work", kind="status", status=500, work_done=True),
    "silent-before": _on_the_way("no answer in time, the work not done", "silent-before"),
    "silent-after": _on_the_way("no answer in time, the work done", "silent-after"),
    "refused": _on_the_way("the connection is refused", "refused"),
    "drop-before": _in_tenant("the connection breaks before the work", kind="drop-before"),
    "drop-after": _in_tenant("the connection breaks after the work was done", kind="drop-after"),
    "truncated": _in_tenant("the answer is cut in half", kind="truncated"),
    "html": _in_tenant("an HTML page, the work not done", kind="html"),
    "html-done": _in_tenant("an HTML page, the work done", kind="html", work_done=True),
    "no-key": _in_tenant("a field that names the object is missing", _has_body, kind="missing-field"),
    "no-permissions": _in_tenant(
        "the field `permissions` is missing", _has("permissions"), kind="missing-field", field="permissions"
    ),
    "no-roles": _in_tenant("the field `roles` is missing", _has("roles"), kind="missing-field", field="roles"),
    "extra-field": _in_tenant("an unknown field", _has_body, kind="extra-field"),
    "huge": _in_tenant("an answer of 100 MB", _has_body, kind="huge", size=HUGE),
    "redirect": _in_tenant("a redirect to another host", kind="redirect", elsewhere=True),
    "redirect-307": _in_tenant(
        "a redirect that keeps method and body, the work done",
        kind="redirect",
        status=307,
        work_done=True,
        elsewhere=True,
    ),
    "empty-listing": _in_tenant("a listing is empty", _lists, kind="empty-listing"),
    "partial-listing": _in_tenant("a listing is cut to its first half", _lists, kind="partial-listing"),
    "lying-batch": _behaves(
        "a batch does only its first part, and is confirmed as a whole", _is_batch, batch_only_first=1
    ),
    "late-reads-0": _lagging("reads show writes at once", 0.0),
    "late-reads-1": _lagging("reads lag a second behind writes", 1.0),
    "late-reads-3": _lagging("reads lag three seconds behind writes", 3.0),
    "clock-ahead": _clock_off("the rate limit is used up, this machine's clock an hour ahead", HOUR),
    "clock-behind": _clock_off("the rate limit is used up, this machine's clock an hour behind", -HOUR),
    "token-ends": _on_the_way(
        "a service account's token expires early",
        "token-ends",
        as_service_account=True,
        applies=_not_for_a_token,
    ),
}
