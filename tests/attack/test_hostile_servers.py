"""Servers that mean harm, asked by the commands as a person runs them: one line, no secret, and an end."""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from attack.test_network import SLOW, Dripping
from review.test_command import run

TOKEN = "hush-4711-token-of-mine"
MIB = 2**20


def bomb() -> bytes:
    """200 MiB of spaces, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * MIB) for _ in range(200)) + packer.flush()


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "hexadecimal": lambda secret: secret.encode().hex(),
    "percent": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "entities": lambda secret: "".join(f"&#x{ord(character):x};" for character in secret),
    "entities twice": lambda secret: html.escape("".join(f"&#{ord(character)};" for character in secret)),
    "zero width": "\u200b".join,
    "Base64": lambda secret: base64.b64encode(f"x{secret}y".encode()).decode(),
    "percent of JSON": lambda secret: quote(json.dumps({"token": secret})),
}

Answer = tuple[int, dict[str, str], bytes]


def answers(elsewhere: str) -> dict[str, tuple[Answer, str]]:
    """By name: what the server answers, and what the message says of it."""
    reflected = " | ".join(spell(TOKEN) for spell in SPELLINGS.values())
    body = json.dumps({"status": 403, "message": f"your token {reflected} may not"}).encode()
    return {
        "bomb": ((200, {"content-encoding": "gzip"}, bomb()), "larger than 64 MiB"),
        "two-codings": (
            (200, {"content-encoding": "gzip, gzip"}, gzip.compress(bomb())),
            "only gzip is accepted, once",
        ),
        "announced": ((200, {"x-length": str(2**40)}, b"[]"), "larger than 64 MiB"),
        "key-twice": ((200, {}, b'{"data": [], "data": [], "items": []}'), "repeats a key of a JSON object"),
        "redirect": ((302, {"location": f"{elsewhere}/?t={TOKEN}"}, b""), "which is not followed"),
        "reflects": ((403, {"x-request-id": TOKEN}, body), "[secure]"),
    }


class Server(ThreadingHTTPServer):
    """Answers by the first part of the path, and keeps what it was asked."""

    def __init__(self, answers: Mapping[str, tuple[Answer, str]]) -> None:
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(f"{self.path} {self.headers.get('authorization', '')}")
                (status, headers, body), _ = answers.get(self.path.split("/")[1], ((404, {}, b""), ""))
                self.send_response(status)
                for name, value in headers.items():
                    if name != "x-length":
                        self.send_header(name, value.encode("latin-1", "ignore").decode("latin-1"))
                self.send_header("content-type", "application/json")
                self.send_header("content-length", headers.get("x-length", str(len(body))))
                self.end_headers()
                self.wfile.write(body)

            do_CONNECT = do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(answers: Mapping[str, tuple[Answer, str]]) -> Generator[Server]:
    with Server(answers) as server:
        thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Server]:
    """Another host. Nobody should ask it."""
    with serving({}) as server:
        yield server


@pytest.fixture(scope="module")
def hostile(elsewhere: Server) -> Iterator[Server]:
    with serving(answers(elsewhere.url)) as server:
        yield server


@pytest.mark.parametrize("name", answers(""))
def test_what_it_answers_ends_in_a_line(name: str, hostile: Server, elsewhere: Server, tmp_path: Path) -> None:
    _, said = answers("")[name]
    env = {"TALEND_ENDPOINT": f"{hostile.url}/{name}", "TALEND_TOKEN": TOKEN}
    done = run("report", cwd=tmp_path, env=env)
    output = done.stdout + done.stderr
    assert done.returncode in {1, 5}, output
    assert said in output
    assert "Traceback" not in output
    for spell in (*SPELLINGS.values(), str.upper):
        assert spell(TOKEN) not in output
    assert "4711" not in output
    assert elsewhere.asked == []


@pytest.fixture
def heeded() -> Iterator[None]:
    """A process heeds Ctrl-C also where whoever runs these tests ignores it, as a shell lets a job in the background do."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal")
@pytest.mark.parametrize("what", ["body", "nothing"])
def test_ctrl_c_ends_a_command_whose_server_never_finishes(what: str, heeded: None, tmp_path: Path) -> None:
    server = Dripping(*SLOW[what])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
    env = {**kept, "TALEND_ENDPOINT": server.url, "TALEND_TOKEN": TOKEN, "NO_PROXY": "localhost"}
    command = [sys.executable, "-m", "pulumi_talend.cli", "report"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert server.asked.wait(60)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)  # less than the deadline of a call
        finally:
            process.kill()
            server.close()
    assert process.returncode not in {0, None}
    assert "Traceback" not in output
    assert TOKEN not in output
