"""A service account for each pipeline, with access to what the pipeline needs."""

import pulumi

from pulumi_talend import WorkspacePermission

# Pipeline → its service account, and what it does where: (environment, workspace) → permissions.
PIPELINES = {
    "publish": {
        "account": "ci-publisher",
        "access": {
            ("dev", "Sales"): ["VIEW", "PUBLISH"],
            ("staging", "Sales"): ["VIEW", "PUBLISH"],
        },
    },
    "run": {
        "account": "nightly-scheduler",
        "access": {
            ("prod", "Sales"): ["VIEW", "EXECUTE"],
            ("prod", "Finance"): ["VIEW", "EXECUTE"],
        },
    },
}

accounts = [pipeline["account"] for pipeline in PIPELINES.values()]
if len(set(accounts)) < len(accounts):
    raise pulumi.RunError("two pipelines share a service account; give each its own")

for name, pipeline in PIPELINES.items():
    for (environment, workspace), permissions in pipeline["access"].items():
        WorkspacePermission(
            f"{name}-{environment}-{workspace}".lower(),
            workspace=workspace,
            environment=environment,
            service_account=pipeline["account"],
            permissions=permissions,
        )
