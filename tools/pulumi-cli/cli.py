"""`make cli`: the Pulumi CLI, built from its Go module into a cache, and put beside our own language host.

    python tools/pulumi-cli/cli.py build   build the CLI unless the cache has it, and link it
    python tools/pulumi-cli/cli.py link    link it if the cache has it; without it, do nothing
    python tools/pulumi-cli/cli.py version print the version that go.mod pins, without the `v`

The cache is per user: `$XDG_CACHE_HOME/pulumi-talend/cli/VERSION-KEY`, by default under `~/.cache`. KEY comes from go.sum. The
directory `pulumi/` of the virtual environment that runs this script gets `pulumi` (a hard link where the file system
allows), and launchers of the language host and the dynamic provider host, which run on that environment's Python. The CLI
looks for both beside its own executable first. Nothing is put on PATH.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
_MODULE = "github.com/pulumi/pulumi/pkg/v3"
_WARM_CLIENT = HERE.parents[1] / "provider/pulumi_talend_sandbox/language_host/runner/warm_client.py"
_LAUNCHERS = {
    "pulumi-language-python": "pulumi_talend_sandbox.language_host",
    "pulumi-resource-pulumi-python": "pulumi_talend_sandbox.language_host.dynamic",
}


def version() -> str:
    """The version of the CLI that go.mod pins, e.g. `v3.274.1`."""
    found = re.search(rf"^\s*{re.escape(_MODULE)} (v\S+)", (HERE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"error: {HERE / 'go.mod'} does not require {_MODULE}.")
    return found[1]


def cached() -> Path:
    """Where the built CLI is kept, whether it exists or not."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256((HERE / "go.sum").read_bytes()).hexdigest()[:12]
    return home / "pulumi-talend" / "cli" / f"{version()}-{key}" / "pulumi"


def build(target: Path) -> None:
    """Build the CLI into `target`, which appears only when it is complete."""
    if shutil.which("go") is None:
        raise SystemExit(
            "error: `make cli` needs Go, and there is no `go` on PATH. `make up` and `make test` run without."
        )
    print(f"Building the Pulumi CLI {version()} into {target.parent} (about 3 minutes on 2 cores) ...", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.{os.getpid()}")
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version()}"
    command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(new), f"{_MODULE}/cmd/pulumi"]
    code = subprocess.run(command, cwd=HERE, env={**os.environ, "CGO_ENABLED": "0"}, check=False).returncode  # noqa: S603
    if code:
        new.unlink(missing_ok=True)
        raise SystemExit(f"error: `go build` ended with exit code {code}; the lines above say why.")
    new.replace(target)


def link(built: Path, directory: Path) -> None:
    """Put the CLI and the launchers into `directory`. Safe while others do the same."""
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "pulumi").exists() or not (directory / "pulumi").samefile(built):
        new = directory / f".pulumi.{os.getpid()}"
        try:
            os.link(built, new)
        except OSError:  # another file system
            shutil.copy2(built, new)
        new.replace(directory / "pulumi")
    for name, module in _LAUNCHERS.items():
        python, client = shlex.quote(sys.executable), shlex.quote(str(_WARM_CLIENT))
        text = (
            "#!/bin/sh\n"
            f'[ -z "$PULUMI_TALEND_WARM" ] || exec {python} -I -S {client} -m {module} "$@"\n'
            f'exec {python} -I -m {module} "$@"\n'
        )
        new = directory / f".{name}.{os.getpid()}"
        new.write_text(text, encoding="utf-8")
        new.chmod(0o755)
        new.replace(directory / name)


def main(arguments: list[str]) -> None:
    """Run the subcommand."""
    if arguments not in (["build"], ["link"], ["version"]):
        raise SystemExit(__doc__)
    if arguments == ["version"]:
        print(version().removeprefix("v"))
        return
    built = cached()
    if arguments == ["build"] and not built.exists():
        build(built)
    if built.exists():
        directory = Path(sys.prefix) / "pulumi"
        link(built, directory)
        if arguments == ["build"]:
            print(f"The Pulumi CLI {version()} is at {directory / 'pulumi'}.")


if __name__ == "__main__":
    main(sys.argv[1:])
