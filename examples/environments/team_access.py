"""A team's access to its workspace in one environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from pulumi_talend import GrantArgs, WorkspaceAccess

Jobs = Mapping[str, Mapping[str, list[str]]]


class Stay(TypedDict):
    """A member for a while."""

    job: str
    until: str


class TeamAccess(pulumi.ComponentResource):
    """Exactly the members of a team have access to the team's workspace, each as their job says.

    `people` are the members who have any access in this environment.
    """

    people: pulumi.Output[list[str]]

    def __init__(
        self,
        team: str,
        *,
        environment: str,
        members: Mapping[str, str | Stay],
        jobs: Jobs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`members`: who → job, or job and end. `jobs`: job → environment → permissions; none there, no access."""
        super().__init__("talend-environments:index:TeamAccess", team, None, opts)
        grants: dict[str, list[str] | GrantArgs] = {}
        for who, member in members.items():
            job, until = (member, None) if isinstance(member, str) else (member["job"], member["until"])
            if job not in jobs:
                raise pulumi.RunError(f"{team}: {who} has the job '{job}', which access.yaml does not describe")
            permissions = jobs[job].get(environment)
            if permissions:
                grants[who] = permissions if until is None else {"permissions": permissions, "expires_at": until}
        access = WorkspaceAccess(
            f"{team.lower()}-{environment}",
            workspace=team,
            environment=environment,
            grants=grants,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.people = access.grants.apply(lambda table: sorted(table))
        self.register_outputs({"people": self.people})
