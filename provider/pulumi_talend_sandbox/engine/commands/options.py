"""The options that several commands share, named as the Pulumi CLI names them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="The stack; default: the selected one.")]
Cwd = Annotated[Path | None, typer.Option("--cwd", "-C", help="Work as if started in this directory.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go ahead after the preview without asking.")]
Json = Annotated[bool, typer.Option("--json", "-j", help="Write JSON instead of text.")]
Refresh = Annotated[bool, typer.Option("--refresh", "-r", help="First read what the objects are now.")]
SkipPreview = Annotated[bool, typer.Option("--skip-preview", "-f", help="Go ahead without a preview.")]
PreviewOnly = Annotated[bool, typer.Option("--preview-only", help="Stop after the preview.")]
ExpectNoChanges = Annotated[bool, typer.Option("--expect-no-changes", help="Fail if anything changes or would change.")]
NonInteractive = Annotated[bool, typer.Option("--non-interactive", help="Never ask.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show the properties of new and deleted resources too.")]
SuppressOutputs = Annotated[bool, typer.Option("--suppress-outputs", help="Do not show stack outputs.")]
Config = Annotated[
    list[str] | None, typer.Option("--config", "-c", help="key=value to set in the stack's configuration.")
]
Parallel = Annotated[int, typer.Option("--parallel", "-p", min=1, envvar="PULUMI_PARALLEL", help="Operations at once.")]
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Show secret values in clear.")]
