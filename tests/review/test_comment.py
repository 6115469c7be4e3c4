"""The script that puts a review on a pull request, against servers that answer as GitHub, GitLab and Azure DevOps do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "ci" / "steps" / "comment.py"
OWN, OTHER = 7, 8


@dataclass
class Service:
    """A service's comments on one pull request: id → (author, text)."""

    comments: dict[int, tuple[int, str]] = field(default_factory=dict[int, "tuple[int, str]"])
    calls: list[str] = field(default_factory=list[str])
    tokens: set[str] = field(default_factory=set[str])
    url: str = ""

    def add(self, author: int, text: str) -> int:
        number = len(self.comments) + 1
        self.comments[number] = (author, text)
        return number


Answer = Callable[[Service, str, str, dict[str, list[str]], Any], Any]


def _page(service: Service, query: dict[str, list[str]], shape: Callable[[int, int, str], Any]) -> Any:
    start = (int(query["page"][0]) - 1) * 100
    listed = [shape(number, author, text) for number, (author, text) in service.comments.items()]
    return listed[start : start + int(query["per_page"][0])]


def github(service: Service, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
    if path == "/repos/acme/access/issues/5/comments":
        if method == "GET":
            logins = {OWN: "github-actions[bot]", OTHER: "mallory"}
            return _page(
                service, query, lambda n, author, text: {"id": n, "body": text, "user": {"login": logins[author]}}
            )
        return {"id": service.add(OWN, body["body"])}
    assert (method, path.rpartition("/")[0]) == ("PATCH", "/repos/acme/access/issues/comments")
    service.comments[int(path.rpartition("/")[2])] = (OWN, body["body"])
    return {}


def gitlab(service: Service, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
    if path == "/api/v4/user":
        return {"id": OWN}
    if path == "/api/v4/projects/3/merge_requests/5/notes":
        if method == "GET":
            return _page(service, query, lambda n, author, text: {"id": n, "body": text, "author": {"id": author}})
        return {"id": service.add(OWN, body["body"])}
    assert (method, path.rpartition("/")[0]) == ("PUT", "/api/v4/projects/3/merge_requests/5/notes")
    service.comments[int(path.rpartition("/")[2])] = (OWN, body["body"])
    return {}


def azure(service: Service, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
    if path == "/acme/_apis/connectionData":
        return {"authenticatedUser": {"id": OWN}}
    assert query["api-version"] == ["7.1"]
    threads = "/acme/team/_apis/git/repositories/9/pullRequests/5/threads"
    if path == threads and method == "GET":
        return {
            "value": [
                {"id": n, "comments": [{"id": 1, "content": text, "author": {"id": author}}]}
                for n, (author, text) in service.comments.items()
            ]
        }
    if path == threads:
        return {"id": service.add(OWN, body["comments"][0]["content"])}
    assert method == "PATCH"
    number, _, comment = path.removeprefix(f"{threads}/").partition("/comments/")
    assert comment == "1"
    service.comments[int(number)] = (OWN, body["content"])
    return {}


@contextmanager
def serving(answer: Answer) -> Generator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body: Any = json.loads(self.rfile.read(length)) if length else None
            service.calls.append(f"{self.command} {parts.path}")
            service.tokens.add(self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", ""))
            data = json.dumps(answer(service, self.command, parts.path, parse_qs(parts.query), body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


SERVICES: dict[str, tuple[Answer, Callable[[str], dict[str, str]]]] = {
    "github": (
        github,
        lambda url: {"GH_TOKEN": "t", "GITHUB_API_URL": url, "GITHUB_REPOSITORY": "acme/access", "NUMBER": "5"},
    ),
    "gitlab": (
        gitlab,
        lambda url: {
            "GITLAB_TOKEN": "t",
            "CI_API_V4_URL": f"{url}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "5",
        },
    ),
    "azure": (
        azure,
        lambda url: {
            "SYSTEM_ACCESSTOKEN": "t",
            "SYSTEM_COLLECTIONURI": f"{url}/acme/",
            "SYSTEM_TEAMPROJECT": "team",
            "BUILD_REPOSITORY_ID": "9",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "5",
        },
    ),
}


def comment(directory: Path, env: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "comment.md"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", "STACK": "prod", **env, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("name", SERVICES)
def test_one_comment_for_each_stack_that_is_updated(name: str, tmp_path: Path) -> None:
    answer, environment = SERVICES[name]
    with serving(answer) as service:
        env = environment(service.url)
        planted = service.add(OTHER, "<!-- talend-access review of stack prod -->\nall is well")
        for _ in range(120):
            service.add(OTHER, "chat")
        file = tmp_path / "comment.md"
        for text, more in (("first", {}), ("second", {}), ("of dev", {"STACK": "dev"})):
            file.write_text(text)
            done = comment(tmp_path, env, **more)
            assert done.returncode == 0, done.stderr
        own = [text for author, text in service.comments.values() if author == OWN]
        assert own == [
            "<!-- talend-access review of stack prod -->\nsecond",
            "<!-- talend-access review of stack dev -->\nof dev",
        ]
        assert service.comments[planted][1].endswith("all is well")
        assert service.tokens <= {"t", "Bearer t"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_review_that_did_not_finish_replaces_an_older_one(name: str, tmp_path: Path) -> None:
    answer, environment = SERVICES[name]
    with serving(answer) as service:
        file = tmp_path / "comment.md"
        file.write_text("Passed")
        assert comment(tmp_path, environment(service.url)).returncode == 0
        file.unlink()
        assert comment(tmp_path, environment(service.url), COMMIT="0123456789abcdef").returncode == 0
        ((_, text),) = service.comments.values()
        assert "The review of 0123456789ab did not finish" in text


def test_without_a_token_it_says_so(tmp_path: Path) -> None:
    done = comment(tmp_path, {})
    assert done.returncode == 1
    assert "GH_TOKEN" in done.stderr
