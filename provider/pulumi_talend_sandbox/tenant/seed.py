"""The seeds: a believable company, the same without any access, and companies of a given size."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice, product

from .behaviour import ALL_PERMISSIONS
from .company import (
    Company,
    Environment,
    Grant,
    Group,
    Mapping,
    Role,
    ServiceAccount,
    User,
    Workspace,
    account_id,
    object_id,
)

DOMAIN = "nordlicht-retail.example"

ADMIN_RIGHTS = (
    "AUDIT_LOGS_VIEW",
    "TMC_ENVIRONMENT_MANAGEMENT",
    "TMC_GROUP_MANAGEMENT",
    "TMC_PIPELINE_MANAGEMENT",
    "TMC_PROMOTION_EXECUTION",
    "TMC_ROLE_MANAGEMENT",
    "TMC_SERVICE_ACCOUNT_MANAGEMENT",
    "TMC_SSO_MANAGEMENT",
    "TMC_USER_MANAGEMENT",
)
"""What the automation account and the "admin" token may do: all this API needs."""

# The first seven and their permissions: "Predefined roles" of the Management Console user guide. The
# permissions of the application roles behind them are not listed there; Engine User is the company's own.
_ROLES: dict[str, tuple[str, ...]] = {
    "Security Administrator": (
        "TMC_USER_MANAGEMENT",
        "TMC_ROLE_MANAGEMENT",
        "TMC_GROUP_MANAGEMENT",
        "TMC_SUBSCRIPTION_MANAGEMENT",
        "TMC_SSO_MANAGEMENT",
        "TMC_SERVICE_ACCOUNT_MANAGEMENT",
        "AUDIT_LOGS_VIEW",
    ),
    "Project Administrator": ("TMC_PROJECT_MANAGEMENT", "TMC_CONFIGURATION_NEXUS_USERLIBS"),
    "Environment Administrator": (
        "TMC_PIPELINE_MANAGEMENT",
        "TMC_ENVIRONMENT_MANAGEMENT",
        "TMC_PROMOTION_EXECUTION",
    ),
    "Infrastructure Administrator": (
        "TMC_CLUSTER_MANAGEMENT",
        "TMC_STATIC_IP_MANAGEMENT",
        "TMC_EXPORT_LOGS_MANAGEMENT",
        "TMC_CLOUD_CONFIGURATION_MANAGEMENT",
        "TMC_RUN_PROFILE_MANAGEMENT",
    ),
    "Operator": ("TMC_OPERATOR", "TMC_RUN_PROFILE_MANAGEMENT"),
    "Assets Manager": ("TMC_CONNECTION_RESOURCE_EDIT",),
    "Integration Developer": ("STUDIO_DEVELOP",),
    "Data Preparator": ("TDP_PREPARATION_EDIT",),
    "Data Steward": ("TDS_TASK_EDIT",),
    "Engine User": ("TMC_ENGINE_USE",),
}

_PEOPLE = """
Anna Petersen, Jonas Brandt, Mareike Hansen, Tobias Lorenz, Svea Lindqvist, Henrik Olsen, Clara Weidner, Paul Jansen,
Ingrid Sommer, Lukas Behrens, Freya Nilsson, Matthias Krüger, Leonie Vogt, Oskar Berg, Nadine Albers, Felix Thomsen,
Greta Mortensen, David Schuster, Hannah Claasen, Erik Johansson, Miriam Falk, Simon Reuter, Astrid Dahl, Jan Petry,
Katharina Busch, Nils Carstens, Sophie Marten, Ole Friis, Theresa Winkler, Kai Boysen, Linnea Holm, Robert Engel,
Julia Harms, Anders Lund, Verena Koch, Malte Ritter, Emma Sørensen, Philipp Grote, Silke Paulsen, Gustav Ek,
Birte Wolters, Aylin Demir, Marco Bianchi, Ewa Nowak, Thomas O'Neill, Priya Raman, José Álvarez, Chloé Girard,
Marek Dvořák, Sofia Costa, Liam Byrne, Yuki Tanaka, Fatima Haddad, Ivan Petrov, Elif Kaya, Noah de Vries,
Zoë Peeters, Ana Kovač, Tom Becker, Ida Nyström, Karl Möller, Rosa Ferrari, Ben Ashworth, Maja Zielińska
"""

_TEAMS = ("Sales", "Finance", "Logistics", "Shared")
_STAGES = ("dev", "staging", "prod")


_PLAIN = str.maketrans(
    {"ü": "ue", "ö": "oe", "ø": "o", "á": "a", "é": "e", "ř": "r", "č": "c", "ń": "n", "ë": "e", "'": ""}
)


def _login(name: str) -> str:
    return re.sub(r"[^a-z]+", ".", name.lower().translate(_PLAIN)) + f"@{DOMAIN}"


def _roles() -> tuple[Role, ...]:
    return tuple(Role(object_id(f"role/{name}"), name, rights) for name, rights in _ROLES.items())


def _environments() -> tuple[Environment, ...]:
    return tuple(Environment(object_id(f"environment/{name}"), name) for name in _STAGES)


def _workspaces(owner: str) -> tuple[Workspace, ...]:
    shared = [
        Workspace(object_id(f"workspace/{stage}/{team}"), team, object_id(f"environment/{stage}"), owner, "shared")
        for stage, team in product(_STAGES, _TEAMS)
    ]
    lab = Workspace(
        object_id("workspace/dev/Pricing Lab"),
        "Pricing Lab",
        object_id("environment/dev"),
        owner,
        "custom",
        "Price experiments with their own remote engine",
    )
    return (*shared, lab)


def _roles_of(number: int) -> tuple[str, ...]:
    """The roles of the company's n-th user: two security people, a few administrators, then the teams."""
    if number < 2:
        return ("Security Administrator",)
    if number < 5:
        return ("Environment Administrator", "Operator")
    if number == 5:
        return ("Infrastructure Administrator",)
    if number == 6:
        return ("Project Administrator",)
    if number % 9 == 0:
        return ("Engine User",)
    return (
        ("Operator",),
        ("Integration Developer",),
        ("Data Preparator",),
        ("Integration Developer", "Assets Manager"),
        ("Data Steward",),
    )[number % 5]


def _users() -> tuple[User, ...]:
    names = [name.strip() for name in _PEOPLE.replace("\n", " ").split(",")]
    users: list[User] = []
    for number, name in enumerate(names):
        first, _, last = name.partition(" ")
        login = _login(name)
        users.append(User(account_id(f"user/{login}"), login, login, first, last, _roles_of(number)))
    return tuple(users)


_SERVICE_ACCOUNTS: dict[str, tuple[str, ...]] = {
    "access-automation": ADMIN_RIGHTS,
    "ci-publisher": ("TMC_OPERATOR", "STUDIO_DEVELOP"),
    "nightly-scheduler": ("TMC_OPERATOR",),
    "engine-runner": ("TMC_ENGINE_USE",),
    "audit-export": ("AUDIT_LOGS_VIEW",),
}


def _service_accounts() -> tuple[ServiceAccount, ...]:
    return tuple(
        # Demo secrets of a demo company: they open nothing but this tenant, so they may be told.
        ServiceAccount(account_id(f"service-account/{name}"), name, rights, f"demo-secret-of-{name}")
        for name, rights in _SERVICE_ACCOUNTS.items()
    )


def empty() -> Company:
    """The company with its environments, workspaces, people and roles, but no access given to anybody."""
    users = _users()
    accounts = _service_accounts()
    return Company(
        name="Nordlicht Retail",
        environments=_environments(),
        workspaces=_workspaces(users[2].login),
        users=users,
        service_accounts=accounts,
        roles=_roles(),
        automation=accounts[0].id,
        groups=(
            Group(object_id("group/Sales analysts"), "Sales analysts", tuple(u.id for u in users[10:18])),
            Group(object_id("group/Finance"), "Finance", tuple(u.id for u in users[18:26])),
            Group(object_id("group/Warehouse"), "Warehouse", tuple(u.id for u in users[26:32])),
            Group(object_id("group/Platform"), "Platform", tuple(u.id for u in users[2:6])),
        ),
    )


def company() -> Company:
    """Nordlicht Retail: 3 environments, 13 workspaces, 64 users, 5 service accounts, some access by hand."""
    base = empty()
    user = {person.login.partition("@")[0]: person for person in base.users}
    account = {each.name: each.id for each in base.service_accounts}
    grants: list[Grant] = []

    def give(login: str, place: str, *permissions: str) -> None:
        grants.append(Grant(object_id(f"workspace/{place}"), user[login].id, permissions))

    # The platform team everywhere; the teams where somebody once clicked them in.
    for stage, team in product(_STAGES, _TEAMS):
        give("mareike.hansen", f"{stage}/{team}", *ALL_PERMISSIONS)
    give("tobias.lorenz", "prod/Shared", "EXECUTE", "MANAGE", "VIEW")
    give("freya.nilsson", "dev/Sales", "AUTHOR", "EXECUTE", "PUBLISH", "VIEW")
    give("freya.nilsson", "staging/Sales", "EXECUTE", "VIEW")
    give("matthias.krueger", "dev/Sales", "AUTHOR", "EXECUTE", "VIEW")
    give("leonie.vogt", "prod/Sales", "VIEW")
    give("erik.johansson", "dev/Finance", "AUTHOR", "EXECUTE", "PUBLISH", "VIEW")
    give("miriam.falk", "prod/Finance", "EXECUTE", "VIEW")
    give("simon.reuter", "prod/Finance", "VIEW")
    give("sophie.marten", "dev/Logistics", "AUTHOR", "VIEW")
    give("nils.carstens", "prod/Logistics", "EXECUTE", "MANAGE", "PUBLISH", "VIEW")
    give("lukas.behrens", "dev/Pricing Lab", "EXECUTE", "VIEW")
    give("yuki.tanaka", "dev/Pricing Lab", "AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW")
    for stage in _STAGES:
        grants.append(Grant(object_id(f"workspace/{stage}/Shared"), account["ci-publisher"], ("PUBLISH", "VIEW")))
    grants.append(Grant(object_id("workspace/prod/Logistics"), account["nightly-scheduler"], ("EXECUTE", "VIEW")))
    return replace(
        base,
        grants=tuple(grants),
        mappings=(
            Mapping("nordlicht-it-security", ("Security Administrator",)),
            Mapping("nordlicht-platform", ("Environment Administrator", "Operator")),
            Mapping("Data & Analytics/Developers", ("Assets Manager", "Integration Developer")),
            Mapping("Buchhaltung Köln", ("Data Steward",)),
        ),
    )


def big(*, workspaces: int = 100, users: int = 1000, grants: int = 10_000) -> Company:
    """A company of a given size, for measuring. Its ids are as stable as the others'.

    Raises `ValueError` where `grants` is more than workspaces times users.
    """
    if grants > workspaces * users:
        raise ValueError(f"{grants} grants do not fit on {workspaces} workspaces times {users} users")
    base = empty()
    places = tuple(
        Workspace(
            object_id(f"big/workspace/{n}"), f"Workspace {n // 3:04}", base.environments[n % 3].id, "owner", "custom"
        )
        for n in range(workspaces)
    )
    people = tuple(
        User(
            account_id(f"big/user/{n}"),
            f"user{n:05}@{DOMAIN}",
            f"user{n:05}@{DOMAIN}",
            "User",
            f"{n:05}",
            ("Operator",),
        )
        for n in range(users)
    )
    pairs = islice(product(range(users), range(workspaces)), grants)
    given = tuple(
        Grant(places[w].id, people[u].id, ("EXECUTE", "VIEW") if (u + w) % 2 else ("VIEW",)) for u, w in pairs
    )
    return replace(base, workspaces=places, users=people, groups=(), grants=given)


def company_of(seed: str | Company) -> Company:
    """The company a seed names: "company", "empty", "big" or "big:WORKSPACESxUSERSxGRANTS", or a `Company`.

    Raises `ValueError` for any other text.
    """
    if isinstance(seed, Company):
        return seed
    if seed == "company":
        return company()
    if seed == "empty":
        return empty()
    size = re.fullmatch(r"big(?::(\d+)x(\d+)x(\d+))?", seed)
    if size is None:
        raise ValueError(f"no seed {seed!r}: use company, empty, or big:WORKSPACESxUSERSxGRANTS")
    if size[1] is None:
        return big()
    return big(workspaces=int(size[1]), users=int(size[2]), grants=int(size[3]))
