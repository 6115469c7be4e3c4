"""Puts the review on a pull request, as one comment for each stack that is updated: on GitHub, GitLab or Azure DevOps.

    python ci/comment.py review/comment.md

The service is the one whose token is in the environment: GH_TOKEN, GITLAB_TOKEN or SYSTEM_ACCESSTOKEN. The service itself sets
what else it reads, but for NUMBER (of the pull request) on GitHub. STACK names the stack. Needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    """Writes or updates the comment."""
    stack = re.sub(r"[^\w.-]", "-", os.environ["STACK"])
    marker = f"<!-- talend-access review of stack {stack} -->"
    file = Path(sys.argv[1])
    # A review that has not finished must not leave an older one standing.
    text = file.read_text(encoding="utf-8") if file.exists() else f"### 🛑 The review of {_commit()} did not finish\n"
    for token, service in (("GH_TOKEN", github), ("GITLAB_TOKEN", gitlab), ("SYSTEM_ACCESSTOKEN", azure)):
        if os.environ.get(token):
            service(os.environ[token], marker, f"{marker}\n{text}")
            return
    sys.exit("error: none of GH_TOKEN, GITLAB_TOKEN and SYSTEM_ACCESSTOKEN is set")


def github(token: str, marker: str, text: str) -> None:
    """A comment on a pull request, by the workflow's own account."""
    api = f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    issue = f"{api}/{os.environ['NUMBER']}/comments"
    call = _caller({"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"})
    for comment in _pages(call, issue):
        # Anybody can write a comment with the marker in it, so the author counts too.
        if marker in str(comment["body"]) and comment["user"]["login"] == "github-actions[bot]":
            call("PATCH", f"{api}/comments/{comment['id']}", {"body": text})
            return
    call("POST", issue, {"body": text})


def gitlab(token: str, marker: str, text: str) -> None:
    """A note on a merge request, by the account of the token."""
    api = os.environ["CI_API_V4_URL"]
    notes = f"{api}/projects/{os.environ['CI_PROJECT_ID']}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
    call = _caller({"PRIVATE-TOKEN": token})
    own = call("GET", f"{api}/user", None)["id"]
    for note in _pages(call, notes):
        if marker in str(note["body"]) and note["author"]["id"] == own:
            call("PUT", f"{notes}/{note['id']}", {"body": text})
            return
    call("POST", notes, {"body": text})


def azure(token: str, marker: str, text: str) -> None:
    """A comment on a pull request, by the build service."""
    collection = os.environ["SYSTEM_COLLECTIONURI"].rstrip("/")
    repository = f"{os.environ['SYSTEM_TEAMPROJECT']}/_apis/git/repositories/{os.environ['BUILD_REPOSITORY_ID']}"
    pull_request = f"pullRequests/{os.environ['SYSTEM_PULLREQUEST_PULLREQUESTID']}"
    threads = f"{collection}/{repository}/{pull_request}/threads"
    version = "?api-version=7.1"
    call = _caller({"Authorization": f"Bearer {token}"})
    own = call("GET", f"{collection}/_apis/connectionData", None)["authenticatedUser"]["id"]
    for thread in call("GET", threads + version, None)["value"]:
        for comment in thread["comments"][:1]:
            if marker in str(comment.get("content")) and comment["author"]["id"] == own:
                call("PATCH", f"{threads}/{thread['id']}/comments/{comment['id']}{version}", {"content": text})
                return
    first = {"parentCommentId": 0, "commentType": 1, "content": text}
    call("POST", threads + version, {"status": "closed", "comments": [first]})


Call = Callable[[str, str, Any], Any]


def _caller(headers: dict[str, str]) -> Call:
    def call(method: str, url: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    return call


def _pages(call: Call, url: str) -> Iterator[Any]:
    page = 1
    while found := call("GET", f"{url}?per_page=100&page={page}", None):
        yield from found
        page += 1


def _commit() -> str:
    for name in ("COMMIT", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION"):
        if os.environ.get(name):
            return os.environ[name][:12]
    return "this commit"


if __name__ == "__main__":
    main()
