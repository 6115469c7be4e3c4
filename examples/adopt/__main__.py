"""Access in environment prod.

Written by `talend-access adopt` from what the tenant granted. Edit it as you like.
"""

from pulumi_talend import WorkspaceAccess

# Environment → workspace → who → permissions. Nobody else has access.
ACCESS = {
    "prod": {
        "Finance": {
            "mareike.hansen@nordlicht-retail.example": [
                "AUTHOR",
                "EXECUTE",
                "MANAGE",
                "PUBLISH",
                "VIEW",
            ],
            "miriam.falk@nordlicht-retail.example": ["EXECUTE", "VIEW"],
            "simon.reuter@nordlicht-retail.example": ["VIEW"],
        },
        "Logistics": {
            "mareike.hansen@nordlicht-retail.example": [
                "AUTHOR",
                "EXECUTE",
                "MANAGE",
                "PUBLISH",
                "VIEW",
            ],
            "nils.carstens@nordlicht-retail.example": ["EXECUTE", "MANAGE", "PUBLISH", "VIEW"],
            "service-account:nightly-scheduler": ["EXECUTE", "VIEW"],
        },
        "Sales": {
            "leonie.vogt@nordlicht-retail.example": ["VIEW"],
            "mareike.hansen@nordlicht-retail.example": [
                "AUTHOR",
                "EXECUTE",
                "MANAGE",
                "PUBLISH",
                "VIEW",
            ],
        },
        "Shared": {
            "mareike.hansen@nordlicht-retail.example": [
                "AUTHOR",
                "EXECUTE",
                "MANAGE",
                "PUBLISH",
                "VIEW",
            ],
            "tobias.lorenz@nordlicht-retail.example": ["EXECUTE", "MANAGE", "VIEW"],
            "service-account:ci-publisher": ["PUBLISH", "VIEW"],
        },
    },
}

for environment, workspaces in ACCESS.items():
    for workspace, grants in workspaces.items():
        WorkspaceAccess(
            f"{environment}/{workspace}",
            workspace=workspace,
            environment=environment,
            grants=grants,
        )
