"""Who may do what at Nordlicht Retail: four people, one service account, two customer roles."""

import pulumi

from pulumi_talend import RoleMapping, WorkspacePermission

# Oskar builds the sales jobs, and looks at them where they run.
oskar_builds = WorkspacePermission(
    "oskar-builds-sales",
    workspace="Sales",
    environment="dev",
    user="oskar.berg@nordlicht-retail.example",
    permissions=["VIEW", "AUTHOR", "EXECUTE", "PUBLISH"],
)
oskar_looks = WorkspacePermission(
    "oskar-looks-at-sales",
    workspace="Sales",
    environment="prod",
    user="oskar.berg@nordlicht-retail.example",
    permissions=["VIEW"],
)

# Felix and Linnea operate what runs in production.
felix_operates = WorkspacePermission(
    "felix-operates-sales",
    workspace="Sales",
    environment="prod",
    user="felix.thomsen@nordlicht-retail.example",
    permissions=["VIEW", "EXECUTE"],
)
linnea_operates = WorkspacePermission(
    "linnea-operates-logistics",
    workspace="Logistics",
    environment="prod",
    user="linnea.holm@nordlicht-retail.example",
    permissions=["VIEW", "EXECUTE"],
)

# Katharina looks after the data of finance.
katharina_stewards = WorkspacePermission(
    "katharina-stewards-finance",
    workspace="Finance",
    environment="dev",
    user="katharina.busch@nordlicht-retail.example",
    permissions=["VIEW", "EXECUTE"],
)

# The scheduler runs the sales jobs by night.
scheduler_runs = WorkspacePermission(
    "scheduler-runs-sales",
    workspace="Sales",
    environment="prod",
    service_account="nightly-scheduler",
    permissions=["VIEW", "EXECUTE"],
)

# Everybody who signs in with one of these customer roles gets its Talend roles.
developers = RoleMapping("sales-developers", role_name="nordlicht-sales-developers", roles=["Integration Developer"])
operators = RoleMapping("operators", role_name="nordlicht-operators", roles=["Operator", "Assets Manager"])

pulumi.export(
    "grants",
    {
        "oskar.berg on dev/Sales": oskar_builds.permissions,
        "oskar.berg on prod/Sales": oskar_looks.permissions,
        "felix.thomsen on prod/Sales": felix_operates.permissions,
        "linnea.holm on prod/Logistics": linnea_operates.permissions,
        "katharina.busch on dev/Finance": katharina_stewards.permissions,
        "nightly-scheduler on prod/Sales": scheduler_runs.permissions,
    },
)
pulumi.export("customer_roles", [developers.role_name, operators.role_name])
