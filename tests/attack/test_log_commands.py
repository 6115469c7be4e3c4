"""Names that the log of a build would obey, and repositories whose settings git would obey: neither gets that far."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pulumi_talend.api.text import in_one_line, json_text
from pulumi_talend.review.text import visible
from pulumi_talend.table import TableError, read_table
from review.documents import document, grant_state, mapping_state, step
from review.test_command import exported, repository, run

COMMANDS = ("##vso[task.complete]ok", "##[add-mask]VIEW", "::add-mask::VIEW")


def obeyed(log: str) -> list[str]:
    """The lines of a log in which GitHub or Azure find a command."""
    return [line for line in log.splitlines() if "##[" in line or "##vso[" in line or line.lstrip().startswith("::")]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_output_of_a_review_has_a_command(name: str, tmp_path: Path) -> None:
    text = document(
        step("create", name, None, grant_state(name, f"prod/{name}", ["MANAGE"])),
        step("create", "m", None, mapping_state(name, ["Operator"]), "RoleMapping"),
    )
    (tmp_path / "review.toml").write_text(f'[[rule]]\nname = "{name}"\naction = "deny"\nchange = "any"\n')
    for options in ([], ["--markdown", "-"], ["--json", "-"], ["--by", "workspace"]):
        done = run("review", "-", *options, cwd=tmp_path, stdin=text)
        assert done.returncode == 3
        assert "MANAGE" in done.stdout
        assert obeyed(done.stdout + done.stderr) == []


def test_annotations_are_the_only_commands(tmp_path: Path) -> None:
    state = {**grant_state(COMMANDS[0], "prod/Sales", ["MANAGE"]), "sourcePosition": "project:///__main__.py#3"}
    done = run("review", "-", "--annotate", "-q", cwd=tmp_path, stdin=document(step("create", "a", None, state)))
    (line,) = obeyed(done.stdout)
    assert line.startswith("::warning file=__main__.py,line=3,")
    assert obeyed(line.removeprefix("::warning")) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_messages_have_no_command(name: str) -> None:
    for text in (
        in_one_line(f"\t{name}\n{name}"),
        in_one_line(f"no user '{name}'"),
        visible(name),
        visible(f"a {name}"),
    ):
        assert obeyed(text) == []


def test_json_means_the_same() -> None:
    assert obeyed(json_text({"who": COMMANDS[0]})) == []
    assert json_text({"who": "a # b"}) == '{\n  "who": "a # b"\n}'


@pytest.mark.parametrize("line", ["reason: '{}'", "access: {{'{}': VIEW}}"])
def test_a_table_with_a_command_is_refused(line: str, tmp_path: Path) -> None:
    """Pulumi itself prints the names of resources, and those of a table come from it."""
    text = f"environments: [dev]\nexclusive: true\nworkspaces:\n  Sales:\n    {line.format(COMMANDS[0])}\n"
    (tmp_path / "access.yaml").write_text(text)
    with pytest.raises(TableError, match="the logs of builds take for a command"):
        read_table(tmp_path / "access.yaml")
    done = run("validate", "access.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert obeyed(done.stdout + done.stderr) == []


def test_a_repository_within_the_checkout_runs_nothing(tmp_path: Path) -> None:
    """git takes a folder with HEAD, objects and refs for a repository, and runs what its settings name."""
    inner, project = tmp_path / "inner", tmp_path / "project"
    inner.mkdir()
    project.mkdir()
    repository(inner)
    for part in ("HEAD", "objects", "refs", "index"):
        (inner / ".git" / part).rename(project / part)
    ran = tmp_path / "ran"
    (project / "config").write_text(
        f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = touch {ran}; false\n"
    )
    status = subprocess.run(["git", "status"], cwd=project, capture_output=True, check=False)
    assert status.returncode == 0
    assert ran.exists()  # so the attempt is a real one
    ran.unlink()
    (tmp_path / "state.json").write_text(exported("2027-01-01T11:00:00Z"))
    text = document(step("create", "a", None, grant_state("anna", "dev/Sales", ["VIEW"])))
    options = ("--state", "../state.json", "--approve", "approvals/dev.json", "--approved-by", "Mallory")
    done = run("review", "-", *options, cwd=project, stdin=text)
    assert done.returncode == 1
    assert "is not in a git repository" in done.stderr
    assert not ran.exists()
