"""Every message that a user can see: provoked, held in a file that is read in reviews, and checked for what a reader needs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hosting import Lab
from messages import provoke, provoke_calls, provoke_commands, provoke_resources, provoke_review
from messages.exempt import NOTES, UNPROVOKED
from messages.recorder import Recorder
from messages.sites import Site, all_sites
from pulumi_talend import debuglog
from pulumi_talend.resources.base import forget_tenants
from pulumi_talend_sandbox.tenant import Tenant

SNAPSHOT = Path(__file__).with_name("messages.txt")
ROOMS = (provoke, provoke_resources, provoke_calls, provoke_commands, provoke_review)
CASES = [case for room in ROOMS for case in room.CASES]

_DOES = re.compile(
    r"\b(write|give|set|check|run|use|remove|keep|copy|look|rename|ask|make|install|name|say which|take them|"
    r"report|mend|try|export|import|adopt|preview|approve|log in|leave|put|look|change|"
    r"did you mean|take|permissions are|must be)\b",
    re.IGNORECASE,
)  # fmt: skip


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[Site, list[str]], list[str]]:
    """What was said at each site, made the same on every machine; and the secrets that were around."""
    recorder = Recorder(all_sites())
    secrets: list[str] = ["x-secret-x"]
    words: list[tuple[str, str]] = []
    for case in CASES:
        place = tmp_path_factory.mktemp("place", numbered=True)
        with Tenant.start() as tenant, pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                if name.startswith(("TALEND_", "PULUMI_")) or name.lower().endswith("_proxy") or name == "VIRTUAL_ENV":
                    patch.delenv(name)
            patch.setenv("TALEND_JOURNAL", "off")
            secrets += [tenant.token, tenant.client_secret, *tenant.tokens.values()]
            words += [
                (str(place), "/place"),
                (tenant.url, "http://tenant"),
                (tenant.url.removeprefix("http://"), "tenant"),
            ]
            forget_tenants()
            with recorder.listening():
                case(Lab(tenant), place, patch)
        forget_tenants()
        debuglog.stop()
    return {site: sorted({_same(text, words) for text in said}) for site, said in recorder.said.items()}, secrets


def _same(text: str, words: list[tuple[str, str]]) -> str:
    import sys

    for here, everywhere in [*words, (sys.executable, "/python"), (str(Path(sys.executable).parent), "/bin")]:
        text = text.replace(here, everywhere)
    text = re.sub(r"(?<![\d.])\d+\.\d+\.\d+(?:[a-z]\d*)?(?![\d.])", "1.2.3", text)  # versions
    text = text.replace("\x00", "\\x00")  # of an inner error, which the message that is shown makes one line of
    text = re.sub(r"(before the answer was whole) \(.*?\)\. ", r"\1 (...). ", text)  # as the system says it
    text = re.sub(r"(no connection to \S+) \(.*?\)\. ", r"\1 (...). ", text)
    text = re.sub(r"(is not TOML): .* (Mend it)", r"\1: ... \2", text)  # as this Python says it
    text = re.sub(r"(is not a URL) \(.*?\);", r"\1 (...);", text)
    text = re.sub(r"answers in [\d.]+ s", "answers in 0.1 s", text)
    text = re.sub(r"anew in \d+ s", "anew in 60 s", text)
    text = re.sub(r"\b\d+ of (\d+) calls left", r"9 of \1 calls left", text)
    text = re.sub(r"\b(provoke\w*|pulumi_talend[\w.]*):\d+", r"\1:1", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "00000000-0000-4000-8000-000000000000", text)
    text = re.sub(r"\b[0-9a-f]{24}\b", "0123456789abcdef01234567", text)
    return re.sub(r"sha256:[0-9a-f]+", "sha256:0", text)


def _snapshot(heard: dict[Site, list[str]]) -> str:
    rooms: dict[str, set[str]] = {}
    for site, said in heard.items():
        rooms.setdefault(site.file, set()).update(said)
    shown = [
        "\n".join([f"# {file}", *("- " + text.replace("\n", "\n  ") for text in sorted(said))])
        for file, said in sorted(rooms.items())
        if said
    ]
    return "\n\n".join(shown) + "\n"


def test_the_messages_are_as_they_were(heard: tuple[dict[Site, list[str]], list[str]]) -> None:
    now = _snapshot(heard[0])
    if os.environ.get("UPDATE_MESSAGES"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now == SNAPSHOT.read_text(encoding="utf-8"), "set UPDATE_MESSAGES=1, run again, and read the difference"


def test_every_place_that_makes_a_message_was_provoked(heard: tuple[dict[Site, list[str]], list[str]]) -> None:
    provoked = {site.key for site in heard[0]}
    silent = [str(site) for site in all_sites() if site.key not in provoked and not _exempt(site)]
    assert silent == []


def test_what_is_exempt_is_there_and_was_not_provoked(heard: tuple[dict[Site, list[str]], list[str]]) -> None:
    sites = all_sites()
    provoked = {site.key for site in heard[0]}
    for start in UNPROVOKED:
        meant = [site for site in sites if site.key.startswith(start)]
        assert meant, f"no such place any more: {start}"
        assert not [site for site in meant if site.key in provoked], f"it is provoked now: {start}"
    for start in NOTES:
        assert [site for site in sites if site.key.startswith(start)], f"no such place any more: {start}"


def _exempt(site: Site) -> bool:
    return any(site.key.startswith(start) for start in UNPROVOKED)


def test_each_can_be_read_and_says_what_to_do(heard: tuple[dict[Site, list[str]], list[str]]) -> None:
    said, secrets = heard
    wrong = [
        f"{fault}: {site}\n    {message}"
        for site, messages in said.items()
        for message in messages
        for fault in faults_of(message, secrets, is_note=any(site.key.startswith(start) for start in NOTES))
    ]
    assert wrong == []


def faults_of(message: str, secrets: list[str], *, is_note: bool = False) -> list[str]:
    """What a person at a terminal would miss in `message`, or mind."""
    lines = message.splitlines()
    listed = [line for line in lines if line.startswith("  ")]  # reasons, a line each
    faults = {
        "empty": not message.strip(),
        "more than two lines": len(lines) - len(listed) > 2,
        "too long": any(len(line) > 700 for line in lines),
        "a traceback": "Traceback" in message or 'File "' in message,
        "a secret": any(secret in message for secret in secrets),
        "a value of Python's": bool(re.search(r"<[\w.]+ object at|\bNone\b|validation error", message)),
        "no next step": not is_note and not message.startswith(("ok ", "unknown ")) and not _DOES.search(message),
    }
    return [fault for fault, is_so in faults.items() if is_so]


def test_the_checks_can_fail(tmp_path: Path) -> None:
    """A recorder that hears nothing, or takes one line for another, would make all of this hold."""
    from pulumi_talend.api import Problem, resolve_settings

    sites = all_sites()
    recorder = Recorder(sites)
    with recorder.listening():
        provoke.refuse(lambda: resolve_settings(lambda _name: None, {"TALEND_REGION": "mars"}))
        Problem("made", "by a test")
    texts = {text for said in recorder.said.values() for text in said}
    assert "TALEND_REGION: no region 'mars'; use one of eu, us, us-west, ap, au" in texts
    assert not any("by a test" in text for text in texts)
    assert len(recorder.said) < len(sites) / 10
    assert not _DOES.search("it is broken")
