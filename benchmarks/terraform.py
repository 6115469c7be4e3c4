"""Terraform with a generic REST provider, where both are found: the peer to compare with.

Neither is part of this project, and nothing here fetches, builds or installs them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender
from benchmarks.engines import ROOT, Connection, Step, clean
from benchmarks.processes import Finished, run
from benchmarks.workload import Grant, Workload


@dataclass(frozen=True)
class TerraformEngine:
    """Terraform with the REST provider whose binary is `provider`."""

    binary: Path
    provider: Path

    @property
    def name(self) -> str:
        return "terraform"

    def version(self) -> str:
        done = run([str(self.binary), "version"], directory=ROOT, environment=clean({}), seconds=60)
        return next((line for line in done.output.splitlines() if line.startswith("Terraform v")), "terraform")

    def project(self, contender: Contender, directory: Path, connection: Connection) -> TerraformProject:
        return TerraformProject(self, contender, directory, connection)


class TerraformProject:
    """A terraform configuration with its state in its directory.

    The provider is named by its directory in a CLI configuration of the project's own.
    """

    def __init__(self, engine: TerraformEngine, contender: Contender, directory: Path, connection: Connection) -> None:
        """Makes the configuration, but for the resources."""
        self._engine = engine
        self._alone = contender.baseline is None
        self._directory = directory / "project"
        self._directory.mkdir(parents=True)
        if not self._alone:
            shutil.copy(ROOT / "benchmarks" / "rest" / "provider.tf", self._directory)
        settings = directory / "terraform.rc"
        settings.write_text(
            "provider_installation {\n"
            f'  dev_overrides {{\n    "Mastercard/restapi" = {json.dumps(str(engine.provider.parent))}\n  }}\n'
            "  direct {}\n}\n",
            encoding="utf-8",
        )
        self._environment = clean(
            {
                "TF_CLI_CONFIG_FILE": str(settings),
                "TF_IN_AUTOMATION": "1",
                "CHECKPOINT_DISABLE": "1",
                "TF_VAR_endpoint": connection.url,
                "TF_VAR_token": connection.token,
                "TF_VAR_retries": str(contender.retries),
            }
        )

    def write(self, workload: Workload) -> None:
        # A resource of its own for each grant: with one resource and `for_each`, terraform's time grows with the square of
        # their number, which would be its own doing and not the provider's.
        kind, properties = ("terraform_data", _nothing) if self._alone else ("restapi_object", _object)
        resources = {f"grant_{number}": properties(grant) for number, grant in enumerate(workload.grants)}
        text = json.dumps({"resource": {kind: resources}})
        (self._directory / "grants.tf.json").write_text(text, encoding="utf-8")

    def run(self, step: Step, *, seconds: float) -> Finished:
        verbs: Mapping[Step, tuple[str, ...]] = {
            "up": ("apply", "-auto-approve"),
            "preview": ("plan", "-detailed-exitcode"),
            "refresh": ("apply", "-refresh-only", "-auto-approve"),
            "change": ("apply", "-auto-approve"),
            "destroy": ("destroy", "-auto-approve"),
        }
        command = [str(self._engine.binary), *verbs[step], "-input=false", "-no-color"]
        return run(command, directory=self._directory, environment=self._environment, seconds=seconds)


def _data(grant: Grant) -> dict[str, Any]:
    return {"workspaceId": grant.workspace_id, "userId": grant.user_id, "permissions": grant.permissions}


def _nothing(grant: Grant) -> dict[str, Any]:
    return {"input": _data(grant)}


def _object(grant: Grant) -> dict[str, Any]:
    path = f"/security/workspaces/{grant.workspace_id}/users/{grant.user_id}/permissions"
    places = dict.fromkeys(("path", "create_path", "read_path", "update_path", "destroy_path"), path)
    return {**places, "data": json.dumps(_data(grant))}


def find_terraform(binary: Path | None = None, provider: Path | None = None) -> TerraformEngine | None:
    """Terraform and the REST provider's binary: as given, else TERRAFORM_BIN (or PATH) and TERRAFORM_PROVIDER_RESTAPI.

    Both are needed; None where one is missing. Raises ValueError where one that is named is no file.
    """
    wanted = binary or os.environ.get("TERRAFORM_BIN") or shutil.which("terraform")
    rest = provider or os.environ.get("TERRAFORM_PROVIDER_RESTAPI")
    if not wanted or not rest:
        return None
    for path in (wanted, rest):
        if not Path(path).is_file():
            raise ValueError(f"{path}: no such file; name terraform and the REST provider's binary")
    return TerraformEngine(Path(wanted).resolve(), Path(rest).resolve())
