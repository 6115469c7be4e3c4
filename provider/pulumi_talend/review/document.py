"""Reading `pulumi preview --json` (also of `up` and `destroy` with `--preview-only`, and of `talend-sandbox preview --json`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from ..api.responses import without_duplicates
from .errors import DocumentError, PreviewFailedError
from .steps import Preview, Step, as_list, as_object, stack_and_project, state_of, type_of
from .text import visible

_SHOWN_ERRORS = 5
_COUNTED = ("create", "update", "delete", "replace")


def read_preview(text: str) -> Preview:
    """The preview in `text`.

    Raises DocumentError where it is another document or incomplete, PreviewFailedError where the preview failed: what a
    failed preview lists is not what would be done.
    """
    document = parse_json(text, "a preview")
    if "resourcePlans" in document:
        raise DocumentError("This is an update plan, not a preview: give it with --from-plan.")
    if "deployment" in document:
        raise DocumentError("This is an exported state, not a preview: give the output of `pulumi preview --json`.")
    _refuse_failed(document)
    if "changeSummary" not in document:
        raise DocumentError("The document has no changeSummary: it is not the whole output of `pulumi preview --json`.")
    entries = [as_object(entry, "A step") for entry in as_list(document.get("steps"), "steps")]
    steps = tuple(_step(entry) for entry in entries)
    stack, project = stack_and_project([step.urn for step in steps])
    _refuse_incomplete(document, steps)
    return Preview(stack, project, steps, config_of(document))


def parse_json(text: str, what: str) -> dict[str, Any]:
    """`text` as one JSON object. Raises DocumentError."""
    if not text.strip():
        raise DocumentError(f"There is nothing to read: expected {what} as JSON.")
    try:
        document: object = json.loads(text, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:  # also for a number too long to be read
        if text.lstrip().startswith('{"') and '"sequence"' in text[:200]:
            raise DocumentError(
                "These are engine events, one to a line: leave PULUMI_ENABLE_STREAMING_JSON_PREVIEW unset and preview again."
            ) from None
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise DocumentError(
            f"This is not JSON{where}: give {what} as the engine wrote it, with nothing before or after it."
        ) from None
    return as_object(document, "The document")


def config_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The configuration in a preview or plan, as texts; `[secret]` is what is secret."""
    config = document.get("config")
    if not isinstance(config, dict):
        return {}
    entries = cast("dict[str, Any]", config)
    return {str(name): value if isinstance(value, str) else "[secret]" for name, value in entries.items()}


def _step(entry: dict[str, Any]) -> Step:
    op, urn = entry.get("op"), entry.get("urn")
    if not isinstance(op, str) or not isinstance(urn, str):
        raise DocumentError("A step has no op or no urn: give the output of `pulumi preview --json` as it is.")
    return Step(op, urn, state_of(entry.get("oldState")), state_of(entry.get("newState"), planned=True))


def _refuse_failed(document: Mapping[str, Any]) -> None:
    errors: list[str] = []
    consequences: list[str] = []
    for entry in as_list(document.get("diagnostics"), "diagnostics"):
        diagnostic = as_object(entry, "A diagnostic")
        if diagnostic.get("severity") == "error":
            message = str(diagnostic.get("message", "")).strip().removeprefix("error: ")
            # What the engine reports of the stack, or of itself, follows from the errors of resources, where there are some.
            urn = str(diagnostic.get("urn") or "")
            is_consequence = not urn or type_of(urn) == "pulumi:pulumi:Stack"
            (consequences if is_consequence else errors).append(visible(" ".join(message.split())))
    errors = [message for message in dict.fromkeys(errors or consequences) if message]
    if errors:
        more = f" (and {len(errors) - _SHOWN_ERRORS} more)" if len(errors) > _SHOWN_ERRORS else ""
        raise PreviewFailedError(
            f"The preview failed, so there is nothing to review: {'; '.join(errors[:_SHOWN_ERRORS])}{more}"
        )


def _refuse_incomplete(document: Mapping[str, Any], steps: tuple[Step, ...]) -> None:
    summary = as_object(document["changeSummary"], "changeSummary")
    shown = Counter(step.op for step in steps)
    for op in _COUNTED:
        counted = summary.get(op, 0)
        if not isinstance(counted, int) or shown[op] < counted:
            raise DocumentError(
                f"The document counts {counted} x {op} and shows {shown[op]}: it is not whole, so it cannot be reviewed. "
                "Preview again without --target or filters on its output."
            )
