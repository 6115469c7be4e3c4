"""`talend-access review` and `report` as a person or a workflow runs them: processes, files, exit codes, both engines."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

import warm
from e2e.company import AUDIT, FELIX, OSKAR, SALES, mapping, permission, program, service_permission
from e2e.conftest import on_both_engines
from e2e.stack import Stack
from pulumi_talend.progress import Progress
from pulumi_talend.review.sources import read_source
from pulumi_talend_sandbox.tenant import Tenant
from review.documents import document, grant_state, step

GAIN = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
NO_RULES = "No rules were checked: the project has no review.toml, or --no-rules is set."
_SIGNS_OF_LIFE = re.compile(r"^talend: .* \((?:[\d,]+ calls?, )?\d+ s\)\n", re.MULTILINE)
"""Lines of progress, which a command prints only where it takes more than two seconds, as on a busy machine."""
DENY = '[[rule]]\nname = "no MANAGE"\naction = "deny"\npermission = "MANAGE"\n'


def run(
    *arguments: str, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
    done = subprocess.run(
        warm.command("-m", "pulumi_talend.cli", *arguments),
        cwd=cwd,
        env={**kept, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **(env or {}), **warm.environment()},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    done.stderr = _SIGNS_OF_LIFE.sub("", done.stderr)
    return done


def settings(tenant: Tenant) -> dict[str, str]:
    return {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}


def test_a_preview_from_standard_input_and_every_form_of_it(tmp_path: Path) -> None:
    done = run("review", "-", "--markdown", "r.md", "--html", "r.html", "--json", "r.json", cwd=tmp_path, stdin=GAIN)
    assert (done.returncode, done.stderr.splitlines()) == (0, [NO_RULES])
    assert "! MANAGE gained: 1" in done.stdout
    assert "The tenant was not looked at" in done.stdout
    assert "MANAGE" in (tmp_path / "r.md").read_text("utf-8")
    assert "<!doctype html>" in (tmp_path / "r.html").read_text("utf-8")
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["summary"]["gains"] == 1
    alone = run("review", "-", "--json", "-", cwd=tmp_path, stdin=GAIN)
    assert json.loads(alone.stdout)["grants"][0]["after"] == ["MANAGE"]


@pytest.mark.parametrize(
    ("action", "code", "word", "headline"),
    [
        ("deny", 3, "DENIED", "Denied by 1 rule"),
        ("warn", 0, "WARNING", "Passed with 1 warning"),
        ("require-approval", 4, "NEEDS APPROVAL", "Needs approval"),
    ],
)
def test_rules_decide_the_exit_code(action: str, code: int, word: str, headline: str, tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY.replace("deny", action))
    done = run("review", "-", "-q", "--markdown", "r.md", "--commit", "abc1234", cwd=tmp_path, stdin=GAIN)
    assert done.returncode == code
    assert f"{word} by rule 'no MANAGE'" in done.stderr
    assert "anna@example.com on prod/Sales" in done.stderr
    assert f"{headline} · stack `prod` · commit `abc1234`" in (tmp_path / "r.md").read_text("utf-8").splitlines()[0]
    without = run("review", "-", "-q", "--no-rules", cwd=tmp_path, stdin=GAIN)
    assert (without.returncode, without.stderr.splitlines()) == (0, [NO_RULES])


@pytest.mark.parametrize(("folder", "where"), [("access/team", ()), (".", ("--cwd", "access/team"))])
def test_rules_and_approvals_are_those_of_the_project_also_from_a_subfolder(
    folder: str, where: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: access\nruntime: python\n")
    (tmp_path / "review.toml").write_text(DENY.replace("deny", "require-approval"))
    (tmp_path / "access" / "team").mkdir(parents=True)
    done = run("review", "-", "-q", *where, cwd=tmp_path / folder, stdin=GAIN)
    assert done.returncode == 4, done.stderr
    written = (tmp_path / folder / done.stderr.partition("--approve ")[2].strip()).resolve()
    assert written == tmp_path / "approvals" / "prod.json"
    (tmp_path / "Pulumi.yaml").unlink()
    alone = run("review", "-", "-q", *where, cwd=tmp_path / folder, stdin=GAIN)
    assert (alone.returncode, alone.stderr.splitlines()) == (0, [NO_RULES])


def test_rules_in_the_current_folder_count_where_the_project_has_none(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: access\nruntime: python\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "review.toml").write_text(DENY)
    assert run("review", "-", "-q", cwd=tmp_path / "sub", stdin=GAIN).returncode == 3


def test_rules_can_be_required(tmp_path: Path) -> None:
    done = run("review", "-", "-q", "--require-rules", "--markdown", "r.md", cwd=tmp_path, stdin=GAIN)
    assert done.returncode == 1
    assert "--require-rules" in done.stderr
    assert "Review" in (tmp_path / "r.md").read_text("utf-8")
    assert run("review", "-", "--require-rules", "--no-rules", cwd=tmp_path, stdin=GAIN).returncode == 1
    (tmp_path / "review.toml").write_text(DENY)
    assert run("review", "-", "-q", "--require-rules", cwd=tmp_path, stdin=GAIN).returncode == 3


def repository(directory: Path) -> None:
    """A checkout with a commit, as approvals are for."""
    (directory / ".gitignore").write_text("*\n!*.py\n!*.yaml\n")
    identity = ("-c", "user.name=Olga Owner", "-c", "user.email=olga@example.com")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "--allow-empty", "-m", "Begin")):
        subprocess.run(["git", *command], cwd=directory, check=True)


def exported(time: str) -> str:
    return json.dumps({"version": 3, "deployment": {"manifest": {"time": time}, "resources": []}})


def test_approved_checked_changed_and_used(tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY.replace("deny", "require-approval"))
    repository(tmp_path)
    state = tmp_path / "state.json"
    state.write_text(exported("2027-01-01T11:00:00Z"))
    given = ("--state", "state.json", "-q")

    missing = run("review", "-", *given, "--check", "approvals/prod.json", cwd=tmp_path, stdin=GAIN)
    assert missing.returncode == 4
    command = "talend-access review --stack prod --refresh --approve approvals/prod.json"
    assert f"Somebody who may approve it runs: {command}" in missing.stderr

    by = ("--approved-by", "Olga Owner <olga@example.com>")
    approved = run("review", "-", *given, *by, "--approve", "approvals/prod.json", cwd=tmp_path, stdin=GAIN)
    assert (approved.returncode, "sha256:" in approved.stderr) == (0, True), approved.stderr
    assert "Approved by Olga Owner" in approved.stderr
    digest = json.loads((tmp_path / "approvals" / "prod.json").read_text("utf-8"))["review_digest"]
    assert digest.startswith("sha256:")
    assert digest in approved.stderr
    check = ("review", "-", *given, "--check", "approvals/prod.json")
    again = run(*check, "--markdown", "r.md", "--html", "r.html", cwd=tmp_path, stdin=GAIN)
    assert again.returncode == 0, again.stderr
    assert again.stderr.startswith("Approved by Olga Owner <olga@example.com>, as rule 'no MANAGE' requires:\n")
    assert "NEEDS" not in again.stderr
    comment = (tmp_path / "r.md").read_text("utf-8")
    assert "✅ Approved by Olga Owner" in comment.splitlines()[0]
    assert "| `no MANAGE` | ✅ approved |" in comment
    assert digest.partition(":")[2] in comment
    assert digest in (tmp_path / "r.html").read_text("utf-8")
    assert "needs approval" not in comment + (tmp_path / "r.html").read_text("utf-8")

    other = run(*check, cwd=tmp_path, stdin=GAIN.replace("MANAGE", "PUBLISH"))
    assert other.returncode == 4
    assert 'approved otherwise: grant id-prod-Sales/users/anna: [] -> ["MANAGE"]; now [] -> ["PUBLISH"]' in other.stderr

    state.write_text(exported("2027-01-01T12:00:00Z"))  # applied
    replayed = run(*check, cwd=tmp_path, stdin=GAIN)
    assert replayed.returncode == 4
    assert "an approval holds once" in replayed.stderr
    harmless = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])))
    assert run(*check, cwd=tmp_path, stdin=harmless).returncode == 0
    assert run(*check, "--no-rules", cwd=tmp_path, stdin=harmless).returncode == 4


def test_an_approval_is_for_a_commit_a_state_and_of_somebody(tmp_path: Path) -> None:
    approve = ("review", "-", "-q", "--approve", "approvals/prod.json")
    assert "give --stack, or --state FILE" in run(*approve, cwd=tmp_path, stdin=GAIN).stderr
    (tmp_path / "state.json").write_text(exported("2027-01-01T11:00:00Z"))
    state = (*approve, "--state", "state.json")
    assert "not in a git repository" in run(*state, cwd=tmp_path, stdin=GAIN).stderr
    repository(tmp_path)
    nobody = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    assert "give --approved-by" in run(*state, cwd=tmp_path, stdin=GAIN, env=nobody).stderr
    assert not (tmp_path / "approvals").exists()


def test_a_failed_preview_is_the_comment(tmp_path: Path) -> None:
    failed = document(diagnostics=[{"severity": "error", "message": "error: no user 'x'"}])
    files = ("--markdown", "r.md", "--html", "r.html", "--commit", "abc1234")
    done = run("review", "-", *files, cwd=tmp_path, stdin=failed)
    assert done.returncode == 1
    assert "Preview of `abc1234` failed" in (tmp_path / "r.md").read_text("utf-8").splitlines()[0]
    assert "no user" in (tmp_path / "r.html").read_text("utf-8")


def test_what_is_denied_cannot_be_approved(tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY)
    repository(tmp_path)
    (tmp_path / "state.json").write_text(exported("2027-01-01T11:00:00Z"))
    approve = ("--approve", "ok.json", "--state", "state.json", "--approved-by", "Olga")
    assert run("review", "-", "-q", *approve, cwd=tmp_path, stdin=GAIN).returncode == 3
    assert not (tmp_path / "ok.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Nothing to review"),
        (("absent.json",), "cannot be read"),
        (("-", "--stack", "dev"), "not both"),
        (("-", "--approve", "a", "--check", "b"), "not both"),
        (("-", "--rules", "absent.toml"), "cannot be read"),
        (("-", "--tenant", "require"), "talend:token: is required"),
        (("-", "--html", "/dev/null/r.html"), "cannot be written"),
    ],
)
def test_what_goes_wrong_is_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run("review", *arguments, cwd=tmp_path, stdin=GAIN)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_document_never_decides_where_a_token_goes(tmp_path: Path, tenant: Tenant) -> None:
    elsewhere = json.loads(GAIN)
    elsewhere["config"] = {"talend:endpoint": tenant.url}
    tenant.calls.clear()
    for env in (
        {"TALEND_TOKEN": tenant.token},
        {"TALEND_TOKEN": tenant.token, "TALEND_ENDPOINT": "http://127.0.0.1:9"},
    ):
        done = run("review", "-", cwd=tmp_path, stdin=json.dumps(elsewhere), env=env)
        assert done.returncode == 0
        assert "Note: " in done.stdout
    assert (
        f"The preview is about {tenant.url}, and TALEND_ENDPOINT or TALEND_REGION lead to http://127.0.0.1:9"
        in done.stdout
    )
    assert list(tenant.calls) == []
    done = run("review", "-", "--tenant", "require", cwd=tmp_path, stdin=json.dumps(elsewhere), env=settings(tenant))
    assert done.returncode == 0
    assert {call.method for call in tenant.calls} == {"GET"}
    assert tenant.token not in done.stdout + done.stderr


def test_a_tenant_that_cannot_be_read_is_said(tmp_path: Path, tenant: Tenant) -> None:
    env = {**settings(tenant), "TALEND_TOKEN": "wrong-token"}
    done = run("review", "-", cwd=tmp_path, stdin=GAIN, env=env)
    assert done.returncode == 0
    assert "The tenant could not be read" in done.stdout
    assert "401" in done.stdout
    assert "wrong-token" not in done.stdout + done.stderr
    insisted = run("review", "-", "--tenant", "require", cwd=tmp_path, stdin=GAIN, env=env)
    assert (insisted.returncode, insisted.stderr.startswith("error: ")) == (1, True)


def first_program() -> str:
    return program(
        permission("oskar", SALES, OSKAR, ["VIEW"]),
        service_permission("audit", SALES, AUDIT, ["VIEW"]),
        mapping("team", "Team | <b>", ["Operator"]),
    )


def second_program() -> str:
    return program(
        permission("oskar", SALES, OSKAR, ["VIEW", "MANAGE"]),
        permission("felix", SALES, FELIX, ["EXECUTE"]),
        mapping("team", "Team | <b>", ["Operator", "Environment Administrator"]),
    )


def environment_of(stack: Stack) -> dict[str, str]:
    """A shell in which `talend-access` finds this stack's engine, and the tenant by the stack's settings."""
    binary = str(Path(stack.engine.command[0]).parent)
    offline = (
        {} if stack.engine.is_pulumi else {"PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    )
    return {
        "PULUMI_BACKEND_URL": f"file://{stack.backend}",
        "PULUMI_CONFIG_PASSPHRASE": "correct horse battery staple",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": f"{binary}{os.pathsep}{os.environ['PATH']}",
        **stack.engine.environment,
        **offline,
        **stack.settings,
    }


@on_both_engines
def test_on_a_stack_from_preview_to_update(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    stack.program(first_program())
    stack.up().ok()
    tenant.grant(SALES, OSKAR, ["VIEW", "PUBLISH"])  # by hand
    stack.program(second_program())
    before, held = tenant.grants(), tenant.role_mappings()
    asked = ("review", "--stack", "dev", "--cwd", str(stack.directory), "-q")
    done = run(*asked, "--json", str(tmp_path / "r.json"), cwd=tmp_path, env=environment_of(stack))
    assert done.returncode == 0, done.stderr
    review: dict[str, Any] = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert review["source"] == "tenant"
    assert (tenant.grants(), tenant.role_mappings()) == (before, held)
    told = {
        (each["workspace"]["id"], each["principal"]["id"]): (each["before"], each["after"]) for each in review["grants"]
    }
    assert told == {
        (SALES, OSKAR): (["PUBLISH", "VIEW"], ["MANAGE", "VIEW"]),
        (SALES, FELIX): ([], ["EXECUTE"]),
        (SALES, AUDIT): (["VIEW"], []),
    }
    assert {"manage-gained", "unmanaged-removed", "admin-role-mapped"} <= {alert["kind"] for alert in review["alerts"]}
    approval = str(stack.directory / "approvals" / "dev.json")
    if stack.engine.is_pulumi:  # the embedded engine exports no state, which an approval is for
        repository(stack.directory)
        approved = run(*asked, "--approve", approval, "--approved-by", "Olga", cwd=tmp_path, env=environment_of(stack))
        assert approved.returncode == 0, approved.stderr
        again = run(*asked, "--check", approval, cwd=tmp_path, env=environment_of(stack))
        assert again.returncode == 0, again.stderr

    stack.up().ok()
    after = {(w, who): held for (w, _, who), held in tenant.grants().items()}
    changed = {key for key in after.keys() | {(w, who) for w, _, who in before} if after.get(key) != _held(before, key)}
    assert changed == set(told)
    assert all(after.get(key, []) == told[key][1] for key in told)
    if stack.engine.is_pulumi:
        used = run(*asked, "--check", approval, cwd=tmp_path, env=environment_of(stack))
        assert used.returncode == 4
        assert "an approval holds once" in used.stderr


def _held(grants: dict[Any, list[str]], key: tuple[str, str]) -> list[str] | None:
    return next((held for (w, _, who), held in grants.items() if (w, who) == key), None)


def test_a_saved_plan_with_its_state_says_the_same(stack: Stack, tmp_path: Path) -> None:
    stack.program(first_program())
    stack.up().ok()
    stack.program(second_program())
    plan, state = tmp_path / "plan.json", tmp_path / "state.json"
    stack.preview("--save-plan", str(plan)).ok()
    state.write_text(json.dumps(stack.export()))
    reviews: list[dict[str, Any]] = []
    arguments = ("--tenant", "never", "--json", "-")
    shown = json.dumps(stack.preview_json())
    for given, text in ((("--from-plan", str(plan), "--state", str(state)), ""), (("-",), shown)):
        done = run("review", *given, *arguments, cwd=tmp_path, stdin=text)
        assert done.returncode == 0, done.stderr
        reviews.append(json.loads(done.stdout))
    by_plan, by_preview = (
        {key: value for key, value in each.items() if key in {"summary", "unknownEffects"}} for each in reviews
    )
    assert by_plan == by_preview
    rights = [
        [(each["principal"]["id"], each["before"], each["after"]) for each in review["grants"]] for review in reviews
    ]
    assert sorted(rights[0]) == sorted(rights[1])
    alone = run("review", "--from-plan", str(plan), *arguments, cwd=tmp_path)
    assert "does not say what was before" in alone.stdout
    assert {each["cause"]["op"] for each in json.loads(alone.stdout)["unknownEffects"]} == {"update", "delete"}


@on_both_engines
def test_a_failing_preview_is_not_reviewed(stack: Stack, tmp_path: Path) -> None:
    stack.program(program(permission("oskar", SALES, "nobody", ["VIEW"])).replace("'VIEW'", "'LOOK'"))
    done = run("review", "--stack", "dev", "--cwd", str(stack.directory), cwd=tmp_path, env=environment_of(stack))
    assert done.returncode == 1
    assert "'LOOK' is not a valid permission" in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("talend: ")]) == 1


def test_a_report_of_who_may_do_what(tmp_path: Path, tenant: Tenant) -> None:
    tenant.calls.clear()
    files = ("--html", "r.html", "--markdown", "r.md", "--json", "r.json")
    done = run("report", *files, cwd=tmp_path, env=settings(tenant))
    assert done.returncode == 0, done.stderr
    assert {call.method for call in tenant.calls} == {"GET"}
    document: dict[str, Any] = json.loads((tmp_path / "r.json").read_text("utf-8"))
    told = {(each["workspace"]["id"], each["principal"]["id"]): each["permissions"] for each in document["grants"]}
    assert told == {(w, who): held for (w, _, who), held in tenant.grants().items()}
    assert {each["customerRole"]: each["roles"] for each in document["roleMappings"]} == tenant.role_mappings()
    assert f"{len(tenant.grants())} grants" in done.stdout
    assert (tmp_path / "r.html").read_text("utf-8").count('class="entry') == len(tenant.grants()) + len(
        tenant.role_mappings()
    )
    person = "Mareike Hansen (mareike.hansen@nordlicht-retail.example)"
    assert person in done.stdout
    assert person in (tmp_path / "r.md").read_text("utf-8")
    assert "<h3>Mareike Hansen <small>" in (tmp_path / "r.html").read_text("utf-8")
    by = run("report", "--by", "workspace", "--environment", "prod", cwd=tmp_path, env=settings(tenant))
    assert "prod/Sales" in by.stdout
    assert "dev/Sales" not in by.stdout


def test_a_report_that_lacks_something_says_so(tmp_path: Path, tenant: Tenant) -> None:
    done = run("report", cwd=tmp_path, env={**settings(tenant), "TALEND_TOKEN": tenant.tokens["workspaces-only"]})
    assert done.returncode == 5
    assert "Could not be read" in done.stdout


def test_the_schema_is_that_of_what_a_process_writes(tmp_path: Path) -> None:
    from pulumi_talend.review.render.jsonout import schema

    done = run("review", "-", "--json", "-", cwd=tmp_path, stdin=GAIN)
    jsonschema.validate(json.loads(done.stdout), schema())


def test_a_wait_for_standard_input_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulumi destroy --preview-only --json | talend-access review -` waits for a whole preview."""
    progress = Progress(Console(file=io.StringIO()))
    seen: list[str] = []

    class Pipe(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            seen.append(progress.line)
            return GAIN

    monkeypatch.setattr("sys.stdin", Pipe())
    source = read_source(
        "-", stack=None, cwd=Path(), plan=None, state=None, refresh=False, needs_state=False, progress=progress
    )
    assert len(source.preview.steps) == 1
    assert "wait for a preview on standard input" in seen[0]
