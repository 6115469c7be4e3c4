"""Access of all teams in one environment: which one is said by the stack."""

from pathlib import Path

import pulumi
import yaml
from team_access import TeamAccess

table = yaml.safe_load((Path(__file__).parent / "access.yaml").read_text(encoding="utf-8"))
environment = pulumi.Config().require("environment")

for team, members in table["teams"].items():
    access = TeamAccess(team, environment=environment, members=members, jobs=table["jobs"])
    pulumi.export(team, access.people)
