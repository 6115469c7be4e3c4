"""Files that somebody else has prepared: nothing is written through them or believed of them, and one line says why."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access.test_journal import KEY, VIEW, journal, only_file
from pulumi_talend import debuglog
from pulumi_talend.private_files import UnsafeFileError, make_private_directory, open_private, read_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.fixture(autouse=True)
def log_ends() -> Iterator[None]:
    yield
    debuglog.stop()


def refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The one line that says why there is no log."""
    monkeypatch.setenv("TALEND_DEBUG", str(path))
    said: list[str] = []
    debuglog.start("host", said.append)
    debuglog.logger.debug("a secret of nobody")
    assert debuglog.current_file() is None
    (line,) = said
    assert str(path) in line
    assert "set TALEND_DEBUG=FILE" in line
    assert "\n" not in line
    return line


def test_the_debug_log_is_not_written_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.write_text("as it was")
    link = tmp_path / "details.log"
    link.symlink_to(target)
    assert "it is a link" in refused(link, monkeypatch)
    assert target.read_text() == "as it was"
    target.unlink()
    assert "it is a link" in refused(link.rename(tmp_path / "dangling.log"), monkeypatch)
    assert not target.exists()


def test_a_fifo_does_not_keep_the_process_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "details.log"
    os.mkfifo(fifo, 0o600)
    assert "it is not a regular file" in refused(fifo, monkeypatch)


def test_a_fifo_with_a_reader_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "details.log"
    os.mkfifo(fifo, 0o600)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert "it is not a regular file" in refused(fifo, monkeypatch)
        assert os.read(reader, 100) == b""
    finally:
        os.close(reader)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "details.log"
    file.touch(0o600)
    file.chmod(0o644)
    assert "other users have access to it" in refused(file, monkeypatch)
    assert file.read_text() == ""


def test_a_directory_that_everybody_can_write_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o777)
    assert "every user can write in its directory" in refused(tmp_path / "details.log", monkeypatch)
    tmp_path.chmod(0o1777)  # as /tmp: nobody can replace another's file there
    monkeypatch.setenv("TALEND_DEBUG", str(tmp_path / "details.log"))
    debuglog.stop()
    debuglog.start("host", lambda _line: None)
    assert debuglog.current_file() == tmp_path / "details.log"
    assert stat.S_IMODE((tmp_path / "details.log").stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "theirs"
    directory.mkdir(0o755)
    os.chown(directory, 65534, 65534)
    assert "its directory belongs to another user" in refused(directory / "details.log", monkeypatch)
    assert list(directory.iterdir()) == []


def planted_link(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def planted_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def planted_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def writable_for_others(path: Path) -> None:
    path.chmod(0o666)


PLANTED: list[tuple[Callable[[Path], None], str]] = [
    (planted_link, "it is a link"),
    (planted_fifo, "it is not a regular file"),
    (planted_directory, "it is not a regular file"),
    (writable_for_others, "other users have access to it"),
]


@pytest.mark.parametrize(("plant", "says"), PLANTED)
def test_a_planted_file_is_refused_in_a_line(tmp_path: Path, plant: Callable[[Path], None], says: str) -> None:
    journal(tmp_path).begin({KEY: VIEW})
    plant(only_file(tmp_path))
    said: list[str] = []
    assert journal(tmp_path, said=said).begun(KEY) is None
    (line,) = said
    assert says in line
    assert "TALEND_JOURNAL" in line


@pytest.mark.parametrize(("plant", "says"), PLANTED)
def test_no_private_file_is_opened_through_what_was_planted(
    tmp_path: Path, plant: Callable[[Path], None], says: str
) -> None:
    file = tmp_path / "f"
    open_private(file).close()
    plant(file)
    with pytest.raises(UnsafeFileError) as caught:
        open_private(file)
    assert says in str(caught.value.strerror)
    with pytest.raises(UnsafeFileError):
        read_private(file, most_characters=10)


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_private(tmp_path / "f").close()
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(UnsafeFileError, match="another user"):
        read_private(tmp_path / "f", most_characters=10)
    with pytest.raises(UnsafeFileError, match="another user"):
        make_private_directory(tmp_path)


def test_a_directory_that_is_a_link_or_open_for_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for name, says in (("link", "it is a link"), ("open", "other users")):
        said: list[str] = []
        journal(tmp_path / name, said=said).begin({KEY: VIEW, "another": VIEW})
        assert len(said) == 1
        assert says in said[0]
        assert list((tmp_path / name).iterdir()) == []
