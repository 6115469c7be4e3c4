"""An offline Talend tenant: the documented API over HTTP on loopback, in SQLite.

with Tenant.start() as tenant:
    httpx.get(tenant.url + "/security/permissions", headers={"Authorization": f"Bearer {tenant.token}"})
"""

from .behaviour import ALL_PERMISSIONS, Behaviour
from .calls import Call, CallLog, HangUp
from .company import Company
from .faults import Fault
from .remote import RemoteTenant
from .seed import big, company, empty
from .tenant import Tenant

__all__ = [
    "ALL_PERMISSIONS",
    "Behaviour",
    "Call",
    "CallLog",
    "Company",
    "Fault",
    "HangUp",
    "RemoteTenant",
    "Tenant",
    "big",
    "company",
    "empty",
]
