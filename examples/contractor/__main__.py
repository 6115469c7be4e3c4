"""Access of contractors, until the end of each contract."""

from pulumi_talend import WorkspacePermission

# Who → end of the contract, and what the contract needs: (environment, workspace) → permissions.
CONTRACTORS = {
    "jan.petry@nordlicht-retail.example": {
        "until": "2035-06-30T18:00:00+02:00",
        "access": {
            ("dev", "Logistics"): ["VIEW", "AUTHOR"],
            ("staging", "Logistics"): ["VIEW"],
        },
    },
    "lukas.behrens@nordlicht-retail.example": {
        "until": "2035-12-31T18:00:00+01:00",
        "access": {("dev", "Finance"): ["VIEW", "EXECUTE"]},
    },
}

for who, contract in CONTRACTORS.items():
    for (environment, workspace), permissions in contract["access"].items():
        WorkspacePermission(
            f"{who.partition('@')[0]}-{environment}-{workspace}".lower(),
            workspace=workspace,
            environment=environment,
            user=who,
            permissions=permissions,
            expires_at=contract["until"],
        )
