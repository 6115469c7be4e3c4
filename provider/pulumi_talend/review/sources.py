"""Where a review comes from: a file, standard input, a plan, or a preview that is run here; and which tenant it is about."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..api.settings import REGIONS
from .document import read_preview
from .engine import export_state, run_preview, stack_settings
from .errors import DocumentError, ReviewError
from .plan import read_plan
from .steps import Preview

if TYPE_CHECKING:
    from ..access import TenantAccess

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """What to review. `settings` are the stack's own, where they may be used: only where its preview was run here."""

    preview: Preview
    settings: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Subject:
    """The tenant that a review is about: to look at, and in words, looked at or as the document has it."""

    tenant: TenantAccess | None
    where: tuple[str | None, str | None]
    notes: tuple[str, ...] = ()


def read_source(
    file: str | None, *, stack: str | None, cwd: Path, plan: Path | None, state: Path | None, refresh: bool
) -> Source:
    """The preview that the command line asks for. Raises ReviewError."""
    if plan is not None:
        if file is not None:
            raise ReviewError("Give a preview or --from-plan, not both.")
        state_text = read_text(state) if state is not None else export_state(stack, cwd) if stack is not None else None
        settings = stack_settings(stack, cwd) if stack is not None else None
        return Source(read_plan(read_text(plan), state_text), settings)
    if state is not None:
        raise ReviewError("--state goes with --from-plan: a preview says itself what was before.")
    if file is not None:
        if stack is not None:
            raise ReviewError("Give a preview or --stack, not both: --stack runs the preview itself.")
        return Source(read_preview(sys.stdin.read() if file == STDIN else read_text(Path(file))))
    if stack is None:
        raise ReviewError(
            "Nothing to review: give the output of `pulumi preview --json` (- for standard input), or --stack NAME to "
            "preview here."
        )
    return Source(read_preview(run_preview(stack, cwd, refresh=refresh)), stack_settings(stack, cwd))


def read_text(path: Path) -> str:
    """A file's text. Raises DocumentError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}. Check the path.") from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text. Give the file as the engine wrote it.") from None


def subject_of(source: Source, *, look: bool, insist: bool) -> Subject:
    """The tenant of `source`, to be looked at where `look` says so and settings are there.

    A document that comes from elsewhere never decides where a credential of this environment is sent: of its settings only
    the region counts, which leads to Talend's own hosts. With `insist`, ConfigurationError and ReviewError are raised
    instead of noted.
    """
    from ..api import ConfigurationError, resolve_settings

    config = source.preview.config
    told = _told(config)
    if not look:
        return Subject(None, (None, told))
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
        return Subject(None, (None, told), (f"Names are ids where the program does not tell them: {error}",))
    if source.settings is None and told is not None and told != settings.base_url:
        message = (
            f"The preview is about {told}, and TALEND_ENDPOINT or TALEND_REGION lead to {settings.base_url}: the tenant is "
            "not looked at. Set them to the preview's."
        )
        if insist:
            raise ReviewError(message)
        return Subject(None, (None, told), (message,))
    from ..access import TenantAccess
    from ..adopt.read_only import ReadOnlyClient

    return Subject(TenantAccess(ReadOnlyClient(settings)), (settings.base_url, told))


def _told(config: Mapping[str, str]) -> str | None:
    """The tenant's address as the document's configuration has it."""
    endpoint, region = config.get("talend:endpoint"), config.get("talend:region")
    if endpoint:
        return endpoint.rstrip("/")
    return f"https://api.{region}.cloud.talend.com" if region in REGIONS else None
