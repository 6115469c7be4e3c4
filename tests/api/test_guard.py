"""No DELETE that removes more than anybody named leaves the client, whichever way it is built."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import support
from pulumi_talend.api import TalendClient
from pulumi_talend.api.operations import OPERATIONS
from pulumi_talend.api.requests import DeleteGuard, Request
from pulumi_talend.api.transport import Transport
from pulumi_talend.errors import UnsafeNameError
from scripted import Script

BATCHES = {
    "/security/permissions/batch": ("workspaceIds", "userIds"),
    "/security/service-accounts/permissions/batch": ("workspaceIds", "serviceAccountIds"),
}
EMPTY_IDS = ["", " ", "\t\n", "\u2003", "\u200b", "-", ",", "a,", ",a", "a,b"]


def raw(client: TalendClient) -> httpx.Client:
    """The HTTP client inside, through which every request goes."""
    return client._transport._http  # pyright: ignore[reportPrivateUsage]


def refused(client: TalendClient, path: str, query: Any, *, base_url: str = "https://talend.test") -> None:
    """Checks that the raw HTTP client inside `client` refuses a DELETE too."""
    http = raw(client)
    with pytest.raises(ValueError, match="nothing was sent"):
        http.delete(base_url + path, params=query)
    with pytest.raises(ValueError, match="nothing was sent"):
        http.request("delete", f"{base_url}{path}?{urlencode(query)}")


@pytest.mark.parametrize("kind", ["users", "service-accounts"])
@pytest.mark.parametrize(("workspaces", "principals"), [([], ["u"]), (["w"], []), ([], [])])
def test_a_batch_removal_with_an_empty_list_is_never_sent(
    kind: Any, workspaces: list[str], principals: list[str]
) -> None:
    api = Script(204)
    with support.mocked_client(api) as client, pytest.raises(ValueError, match="means everybody") as caught:
        client.permissions.remove_batch(kind, workspaces, principals)
    assert api.requests == []
    assert isinstance(caught.value, UnsafeNameError)
    support.readable(caught.value, "remove the permissions of", "nothing was sent")


@pytest.mark.parametrize("kind", ["users", "service-accounts"])
@pytest.mark.parametrize("empty", EMPTY_IDS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nor_is_one_with_an_empty_id_or_two_in_one(kind: Any, empty: str, place: int) -> None:
    api = Script(204)
    ids = ["a1", "b2"]
    ids.insert(place, empty)
    with support.mocked_client(api) as client:
        with pytest.raises(ValueError, match="means everybody"):
            client.permissions.remove_batch(kind, ids, ["u"])
        with pytest.raises(ValueError, match="means everybody"):
            client.permissions.remove_batch(kind, ["w"], ids)
    assert api.requests == []


@pytest.mark.parametrize("path", BATCHES)
@pytest.mark.parametrize("base", ["", "/talend/eu", "/talend/eu/"])
def test_the_raw_transport_refuses_it_too(path: str, base: str) -> None:
    workspaces, principals = BATCHES[path]
    both = [(workspaces, "w"), (principals, "u")]
    api = Script(204)
    with support.mocked_client(api, base_url=f"https://talend.test{base}".rstrip("/")) as client:
        for query in (
            [],
            [(workspaces, "w")],  # a list is missing
            [(principals, "u")],
            [(workspaces, ""), (principals, "u")],
            [*both, (principals, "")],
            [*both, (workspaces, " ")],
            [(workspaces.lower(), "w"), (principals, "u")],
        ):
            for spelled in (path, f"{path}/", path.replace("/batch", "//batch"), path.replace("/batch", "/x/../batch")):
                refused(client, base.rstrip("/") + spelled, query)
        assert api.requests == []
        url = f"https://talend.test{base.rstrip('/')}{path}"
        assert raw(client).delete(url, params=tuple(both)).status_code == 204
    assert len(api.requests) == 1


@pytest.mark.parametrize("name", ["delete_user_permissions_batch", "delete_service_account_permissions_batch"])
def test_our_own_transport_refuses_a_request_without_its_query(name: str) -> None:
    api = Script(204)
    transport = Transport("https://talend.test", redact=str, transport=httpx.MockTransport(api))
    for query in ({}, {"workspaceIds": ["w"]}, {"workspaceIds": ["w"], "userIds": []}, {"workspaceIds": None}):
        with pytest.raises(ValueError, match="means everybody"):
            transport.send(Request(OPERATIONS[name], "remove", query=query), httpx.Headers(), lambda _: None)
    assert api.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/security/role-mappings",
        "/security/role-mappings/",
        "//security//role-mappings",
        "/security/./role-mappings",
        "/security/role-mappings/x/%2E%2E",
        "/security/role-mappings/x%2F..",
        "/security/role%2Dmappings",
    ],
)
def test_role_mapping_is_never_switched_off(path: str) -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        refused(client, path, {"any": "query"})
        request = Request(OPERATIONS["delete_role_mappings"], "disable role mapping")
        with pytest.raises(ValueError, match="switch the feature off"):
            client.call(request)
    assert api.requests == []
    assert not hasattr(client.role_mappings, "remove_all_and_disable")


@pytest.mark.parametrize("name", ["batch", "role-mappings", "security/role-mappings", "permissions/batch"])
def test_a_mapping_that_is_named_like_a_collection_can_be_removed(name: str) -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        client.role_mappings.remove(name)
    assert len(api.requests) == 1


texts = st.text(st.sampled_from("a1 ,\t\u200b/.%"), max_size=4) | st.text(max_size=6)


@given(st.lists(texts, max_size=3), st.lists(texts, max_size=3))
@example(["w"], ["\ud800"])
def test_what_is_sent_names_exactly_what_was_asked_for(workspaces: list[str], principals: list[str]) -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        try:
            client.permissions.remove_batch("users", workspaces, principals)
        except ValueError:
            given = [workspaces, principals]
            odd = [
                one
                for one in workspaces + principals
                if "," in one or not one.isprintable() or not any(map(str.isalnum, one))
            ]
            assert not all(given) or odd
            assert api.requests == []
            return
    assert workspaces
    assert principals
    (request,) = api.requests
    assert request.url.params.get_list("workspaceIds") == workspaces
    assert request.url.params.get_list("userIds") == principals


@given(st.lists(st.sampled_from(["security", "role-mappings", "..", ".", "", "x", "%2e%2e", "%2F"]), max_size=7))
def test_no_path_that_resolves_to_the_collection_passes(steps: list[str]) -> None:
    path = "/" + "/".join(steps)
    try:
        DeleteGuard("https://talend.test")(httpx.Request("DELETE", f"https://talend.test{path}"))
    except ValueError:
        return
    kept: list[str] = []
    for step in path.replace("%2e", ".").replace("%2F", "/").split("/"):
        if step == "..":
            kept = kept[:-1]
        elif step not in {"", "."}:
            kept.append(step)
    assert kept != ["security", "role-mappings"]
