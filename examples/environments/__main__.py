"""Access of all teams in one environment: the stack's name says which."""

import pulumi

from pulumi_talend import AccessTable

AccessTable("access", file="access.yaml", environment=pulumi.get_stack())
