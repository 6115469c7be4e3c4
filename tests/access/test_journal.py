"""The journal: an interrupted update finishes its own work, and nobody else's entry or planted file is believed."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import json
import stat
import threading
import time
from pathlib import Path

import pytest

from pulumi_talend.access.journal import Journal, Target
from pulumi_talend.journal_files import journal_directory
from pulumi_talend.model.grants import GrantKey, Principal

KEY = GrantKey("w", Principal("users", "u"))
VIEW = frozenset({"VIEW"})
URL = "https://tenant.test"
DAY = 24 * 3600.0


def journal(
    directory: Path,
    owner: str | None = "acme|dev|a",
    *,
    url: str = URL,
    said: list[str] | None = None,
    after: float = 0.0,
) -> Journal:
    return Journal(
        directory,
        url,
        owner_of=lambda _target: owner,
        notify=(said if said is not None else []).append,
        clock=lambda: time.time() + after,
    )


def only_file(directory: Path) -> Path:
    (file,) = directory.iterdir()
    return file


@pytest.mark.parametrize("target", [KEY, "Köln/ops"])
def test_what_was_begun_is_known_to_the_next_process_until_it_is_forgotten(tmp_path: Path, target: Target) -> None:
    journal(tmp_path / "j").begin({target: VIEW})
    assert journal(tmp_path / "j").begun(target) == VIEW
    assert journal(tmp_path / "j").begun("another") is None
    journal(tmp_path / "j").forget([target])
    assert journal(tmp_path / "j").begun(target) is None
    assert list((tmp_path / "j").iterdir()) == []


def test_another_owner_or_tenant_does_not_see_it(tmp_path: Path) -> None:
    journal(tmp_path).begin({KEY: VIEW})
    assert journal(tmp_path, "acme|prod|a").begun(KEY) is None
    assert journal(tmp_path, None).begun(KEY) is None
    assert journal(tmp_path, url="https://other.test").begun(KEY) is None
    assert journal(tmp_path).begun(KEY) == VIEW


def test_what_no_resource_manages_is_not_noted(tmp_path: Path) -> None:
    journal(tmp_path, None).begin({KEY: VIEW})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("after", "counts"), [(7 * DAY - 60, True), (7 * DAY + 60, False), (-200, True), (-400, False)]
)
def test_an_old_entry_and_one_from_the_future_do_not_count(tmp_path: Path, after: float, counts: bool) -> None:
    journal(tmp_path).begin({KEY: VIEW})
    assert (journal(tmp_path, after=after).begun(KEY) == VIEW) is counts


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"tenant": "x"}', '{"given": 3}'])
def test_a_broken_entry_does_not_count(tmp_path: Path, text: str) -> None:
    journal(tmp_path).begin({KEY: VIEW})
    only_file(tmp_path).write_text(text)
    assert journal(tmp_path).begun(KEY) is None


@pytest.mark.parametrize("given", [3, True, "VIEW", {"VIEW": 1}, [["VIEW"]], [None]])
def test_an_entry_of_another_form_does_not_count(tmp_path: Path, given: object) -> None:
    journal(tmp_path).begin({KEY: VIEW})
    file = only_file(tmp_path)
    file.write_text(json.dumps({**json.loads(file.read_text()), "given": given}))
    assert journal(tmp_path).begun(KEY) is None


def test_an_entry_is_readable_by_its_user_alone_and_has_no_secret(tmp_path: Path) -> None:
    journal(tmp_path / "new" / "j").begin({KEY: VIEW})
    file = only_file(tmp_path / "new" / "j")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert set(json.loads(file.read_text())) == {"tenant", "target", "owner", "given"}


def test_where_it_is(tmp_path: Path) -> None:
    assert journal_directory({"TALEND_JOURNAL": "OFF"}) is None
    assert journal_directory({"TALEND_JOURNAL": str(tmp_path)}) == tmp_path
    assert journal_directory({"PULUMI_HOME": str(tmp_path)}) == tmp_path / "talend-journal"


def test_an_entry_written_while_an_older_one_of_the_same_target_is_deleted_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = journal(tmp_path)
    notes.begin({KEY: VIEW})
    unlink, writers = Path.unlink, list[threading.Thread]()

    def meanwhile(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.undo()
        writers.append(threading.Thread(target=lambda: notes.begin({KEY: frozenset({"EXECUTE"})})))
        writers[0].start()
        writers[0].join(0.2)  # it is over by then, unless it has to wait
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", meanwhile)
    notes.forget([KEY])
    writers[0].join(60)
    assert journal(tmp_path).begun(KEY) == {"EXECUTE"}


@pytest.mark.parametrize("call", ["begun", "forget"])
def test_a_directory_that_another_thread_finds_unusable_meanwhile_is_no_error(tmp_path: Path, call: str) -> None:
    said: list[str] = []
    notes = journal(tmp_path, said=said)
    notes.begin({KEY: VIEW})
    name = notes._name

    def given_up_meanwhile(target: Target) -> str:
        notes._give_up(OSError(28, "No space left on device"))
        return name(target)

    notes._name = given_up_meanwhile
    if call == "begun":
        assert notes.begun(KEY) == VIEW
    else:
        notes.forget([KEY])
    assert len(said) == 1


def test_a_directory_that_cannot_be_listed_is_said_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    for use in ("begin", "forget"):
        said: list[str] = []
        notes = journal(tmp_path, said=said)
        getattr(notes, use)({KEY: VIEW})
        (line,) = said
        assert "Permission denied" in line
