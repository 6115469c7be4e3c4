"""Finding objects by name: exact where they are there, helpful where they are not."""

from __future__ import annotations

import threading

import pytest

from pulumi_talend.access.directory import Directory, Once
from pulumi_talend.access.names import ServiceAccountNames, UserNames, WorkspaceNames, near_matches, unknown_roles
from pulumi_talend.api import Environment, Role, ServiceAccount, TalendClient, User, Workspace
from pulumi_talend.errors import AmbiguousNameError, NotSentError, UnknownNameError
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend_sandbox.tenant import Fault, Tenant


def workspace(id_: str, name: str, environment: str | None) -> Workspace:
    return Workspace(
        id=id_, name=name, environment=Environment(id=f"e-{environment}", name=environment) if environment else None
    )


WORKSPACES = WorkspaceNames(
    [
        workspace("1", "Sales", "dev"),
        workspace("2", "Sales", "prod"),
        workspace("3", "Finance", "prod"),
        workspace("4", "Twin", "dev"),
        workspace("5", "Twin", "dev"),
        workspace("6", "Nowhere", None),
    ]
)

USERS = UserNames(
    [
        User(id="u1", login="Anna.Petersen", email="anna@example.com", firstName="Anna", lastName="Petersen"),
        User(id="u2", login="bob", email="shared@example.com"),
        User(id="u3", login="carl", email="shared@example.com"),
        User(id="u4", login="shared@example.com.old", email=None),
        User(id="u5", login=None, email="nologin@example.com"),
    ]
)


def test_a_workspace_is_found_by_name_and_environment() -> None:
    assert WORKSPACES.find("Sales", "prod").id == "2"
    assert WORKSPACES.find("Sales", "dev").id == "1"
    assert WORKSPACES.find("Finance").id == "3"
    assert WORKSPACES.find("fINANCE", "PROD").id == "3"
    assert WORKSPACES.find("Nowhere").id == "6"


@pytest.mark.parametrize(
    ("name", "environment", "parameter", "expected"),
    [
        ("Salse", "prod", "workspace", "no workspace 'Salse' in environment 'prod'; did you mean 'Sales'?"),
        ("Finance", "dev", "workspace", "no workspace 'Finance' in environment 'dev'; there is one in prod"),
        ("Sales", "prd", "environment", "no environment 'prd' with a workspace in it; did you mean 'prod'?"),
        (
            "Zzz",
            None,
            "workspace",
            "no workspace 'Zzz'; check its name in the console, and that the credential sees it (an account with only "
            "TMC_OPERATOR sees the workspaces that it has permissions on)",
        ),
    ],
)
def test_an_unknown_workspace_says_what_could_be_meant(
    name: str, environment: str | None, parameter: str, expected: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        WORKSPACES.find(name, environment)
    assert (caught.value.parameter, caught.value.reason) == (parameter, expected)


def test_an_ambiguous_workspace_lists_its_environments_or_ids() -> None:
    with pytest.raises(
        AmbiguousNameError, match="environments dev, prod each have a workspace 'Sales': say which with environment"
    ):
        WORKSPACES.find("Sales")
    with pytest.raises(AmbiguousNameError, match=r"2 workspaces are called 'Twin' in environment 'dev'.*\(4, 5\)"):
        WORKSPACES.find("Twin", "dev")


@pytest.mark.parametrize("name", ["Anna.Petersen", "ANNA.PETERSEN", "anna@example.com", "Anna@Example.COM"])
def test_a_user_is_found_by_login_or_address_whatever_the_case(name: str) -> None:
    assert USERS.find(name).id == "u1"


def test_the_exact_spelling_wins() -> None:
    users = UserNames([User(id="1", login="X@Y"), User(id="2", login="x@y")])
    assert users.find("X@Y").id == "1"
    assert users.find("x@y").id == "2"
    with pytest.raises(AmbiguousNameError, match="leads to 2 accounts: say which with user_id"):
        users.find("x@Y")


def test_a_blank_login_or_address_is_nobodys_name() -> None:
    with pytest.raises(UnknownNameError):
        USERS.find("")


def test_an_unknown_user_says_what_could_be_meant() -> None:
    with pytest.raises(UnknownNameError, match=r"no user 'anna\.peterson'; did you mean 'Anna\.Petersen'"):
        USERS.find("anna.peterson")
    with pytest.raises(UnknownNameError, match=r"no user 'Anna Petersen'; did you mean 'Anna\.Petersen'"):
        USERS.find("Anna Petersen")
    with pytest.raises(UnknownNameError, match="no user 'zzz'; write the login"):
        USERS.find("zzz")


def test_an_address_that_two_share_is_ambiguous() -> None:
    with pytest.raises(
        AmbiguousNameError, match=r"'shared@example.com' leads to 2 accounts.*u2: login bob.*u3: login carl"
    ):
        USERS.find("shared@example.com")


def test_service_accounts_by_name() -> None:
    accounts = ServiceAccountNames(
        [
            ServiceAccount(id="1", name="nightly-loader"),
            ServiceAccount(id="2", name="twin"),
            ServiceAccount(id="3", name="twin"),
        ]
    )
    assert accounts.find("nightly-loader").id == "1"
    with pytest.raises(UnknownNameError, match="no service account 'nightly'; did you mean 'nightly-loader'"):
        accounts.find("nightly")
    with pytest.raises(AmbiguousNameError, match=r"service_account_id \(2, 3\)"):
        accounts.find("twin")


def test_unknown_roles_each_with_near_matches() -> None:
    roles = [Role(id="1", name="Operator"), Role(id="2", name="Data Steward")]
    assert unknown_roles(["Operator"], roles) == []
    assert unknown_roles(["operator", "Zzz", "Operator"], roles) == [
        "no Talend role 'Zzz'; roles are Data Steward, Operator",
        "no Talend role 'operator'; did you mean 'Operator'?",
    ]


def test_near_matches_look_alike_or_hold_the_word() -> None:
    names = ["Nightly Loader", "Sales", "Sales EMEA", "Finance"]
    assert near_matches("nightly", names) == ["Nightly Loader"]
    assert near_matches("sales", names)[0] == "Sales"
    assert near_matches("zz", names) == []


def test_a_shared_domain_makes_nobody_a_near_match() -> None:
    domain = "@nordlicht-retail.example"
    people = [f"{name}{domain}" for name in ("freya.nilsson", "henrik.holm", "anna.petersen", "greta.lund")]
    assert near_matches(f"ana.petersen{domain}", people) == [f"anna.petersen{domain}"]
    assert near_matches("anna.petersen@nordlicht.example", people) == [f"anna.petersen{domain}"]
    assert near_matches(f"zoe{domain}", people) == []


def test_labels_speak_of_people_and_workspaces(lab_client: tuple[Tenant, TalendClient]) -> None:
    tenant, client = lab_client
    directory = Directory(client)
    user = next(user for user in tenant.users() if user["login"].startswith("anna"))
    place = next(w for w in tenant.workspaces() if w["name"] == "Sales" and w["environment"]["name"] == "prod")
    key = GrantKey(place["id"], Principal("users", user["id"]))
    tenant.calls.clear()
    assert directory.label(key) == str(key)
    assert not list(tenant.calls)
    assert directory.label(key, look=True) == f"user '{user['login']}' on workspace 'Sales' (prod)"
    assert directory.label(key) == f"user '{user['login']}' on workspace 'Sales' (prod)"
    unknown = GrantKey("nowhere", Principal("service-accounts", "nobody"))
    assert directory.label(unknown, look=True) == str(unknown)


def test_a_label_does_without_a_list_that_cannot_be_read(lab_client: tuple[Tenant, TalendClient]) -> None:
    tenant, client = lab_client
    tenant.inject(Fault(kind="status", path="/account/users", status=403, times=None))
    assert Directory(client).principal_label(Principal("users", "u1"), look=True) == "user u1"


def test_each_list_is_read_once_by_however_many_threads(lab_client: tuple[Tenant, TalendClient]) -> None:
    tenant, client = lab_client
    directory = Directory(client)
    tenant.calls.clear()
    threads = [threading.Thread(target=directory.workspaces.get) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [call.path for call in tenant.calls] == ["/orchestration/workspaces"]


def test_a_failure_is_kept_for_a_while_then_tried_again() -> None:
    now = [0.0]
    answers: list[int | NotSentError] = [NotSentError("down"), 7]

    def read() -> int:
        answer = answers.pop(0)
        if isinstance(answer, NotSentError):
            raise answer
        return answer

    once = Once(read, clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(NotSentError, match="down"):
            once.get()
    assert len(answers) == 1
    now[0] = 31.0
    assert once.get() == 7
    assert once.get() == 7
