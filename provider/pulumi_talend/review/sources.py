"""Where a review comes from: a file, standard input, a plan, or a preview that is run here; and which tenant it is about."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..access import TenantAccess
from ..adopt.read_only import ReadOnlyClient
from ..api import resolve_settings
from ..api.endpoints import REGIONS, endpoint_url
from ..engine_cli import Engine, find_engine
from ..errors import ConfigurationError
from ..progress import Progress
from .document import read_preview
from .errors import DocumentError, PreviewFailedError, ReviewError
from .plan import read_plan
from .steps import Preview
from .text import visible

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """What to review.

    Attributes:
        preview: The preview.
        settings: The stack's own settings, where they may be used: only where its preview was run here.
        state: The stack's exported state, where it was given or asked for.
    """

    preview: Preview
    settings: Mapping[str, str] | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Tenancy:
    """The tenant that a review is about.

    Attributes:
        tenant: To look at; None where the stack's state is believed.
        address: Its address, as the settings or the document have it.
        notes: Why it is not looked at.
    """

    tenant: TenantAccess | None
    address: str | None
    notes: tuple[str, ...] = ()


def read_source(
    file: str | None,
    *,
    stack: str | None,
    cwd: Path,
    plan: Path | None,
    state: Path | None,
    refresh: bool,
    needs_state: bool,
    progress: Progress,
) -> Source:
    """Reads the preview that the command line asks for. With `needs_state` the stack's state too. Raises TalendError."""
    given = read_text(state) if state is not None else None
    if plan is not None and file is not None:
        raise ReviewError("Give a preview or --from-plan, not both.")
    if file is not None and stack is not None:
        raise ReviewError("Give a preview or --stack, not both: --stack runs the preview itself.")
    if plan is None and file is None and stack is None:
        raise ReviewError(
            "Nothing to review: give the output of `pulumi preview --json` (- for standard input), or --stack NAME to "
            "preview here."
        )
    if needs_state and given is None and stack is None:
        raise ReviewError(
            "An approval is for one state of the stack: give --stack, or --state FILE (what `pulumi stack export` writes)."
        )
    if stack is None:
        if plan is not None:
            return Source(read_plan(read_text(plan), given), state=given)
        if file == STDIN:
            progress.doing("wait for a preview on standard input")
            return Source(read_preview(sys.stdin.read()), state=given)
        return Source(read_preview(read_text(Path(str(file)))), state=given)
    engine = find_engine()
    progress.doing(f"preview stack '{stack}'" if plan is None else f"read stack '{stack}'")
    if given is None and (needs_state or plan is not None):
        given = engine.export_state(stack, cwd)
    preview = (
        read_plan(read_text(plan), given) if plan is not None else _run_preview(engine, stack, cwd, refresh=refresh)
    )
    return Source(preview, engine.settings(stack, cwd), given)


def _run_preview(engine: Engine, stack: str, cwd: Path, *, refresh: bool) -> Preview:
    done = engine.preview(stack, cwd, refresh=refresh)
    if done.code == 0:
        return read_preview(done.stdout)
    with suppress(DocumentError):
        read_preview(done.stdout)  # raises what the document says went wrong
    said = visible(done.said)[:600] or "the engine printed nothing"
    raise PreviewFailedError(f"The preview of stack '{visible(stack)}' failed: {said}")


def read_text(path: Path) -> str:
    """A file's text. Raises DocumentError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}. Check the path.") from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text. Give the file as the engine wrote it.") from None


def tenancy_of(source: Source, *, look: bool, insist: bool, progress: Progress) -> Tenancy:
    """The tenant of `source`, to be looked at where `look` says so and settings are there.

    A document that comes from elsewhere never decides where a credential of this environment is sent: of its settings only
    the region counts, which leads to Talend's own hosts.

    Raises:
        ConfigurationError, ReviewError: Settings are missing or wrong, with `insist`; else it is noted.
    """
    config = source.preview.config
    told = _told(config)
    if not look:
        return Tenancy(None, told)
    if source.settings is not None:
        chosen = source.settings
    else:
        region = config.get("talend:region", "")
        chosen = {"talend:region": region} if region in REGIONS and "talend:endpoint" not in config else {}
    try:
        settings = resolve_settings(chosen.get, os.environ)
    except ConfigurationError as error:
        if insist:
            raise
        return Tenancy(None, told, (f"The tenant is not looked at: {error}",))
    if source.settings is None and told is not None and told != settings.base_url:
        message = (
            f"The preview is about {told}, and TALEND_ENDPOINT or TALEND_REGION lead to {settings.base_url}: the tenant is "
            "not looked at. Set them to the preview's."
        )
        if insist:
            raise ReviewError(message)
        return Tenancy(None, told, (message,))
    return Tenancy(TenantAccess(ReadOnlyClient(settings, progress=progress)), settings.base_url)


def _told(config: Mapping[str, str]) -> str | None:
    """The tenant's address as the document's configuration has it."""
    endpoint, region = config.get("talend:endpoint"), config.get("talend:region")
    if endpoint:
        return endpoint.rstrip("/")
    return endpoint_url(region) if region in REGIONS and region else None
