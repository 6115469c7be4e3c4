"""`talend-access review` and `report` as a person or a workflow runs them: processes, files, exit codes, both engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from e2e.company import AUDIT, FELIX, OSKAR, SALES, mapping, permission, program, service_permission
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant
from review.documents import document, grant_state, step

GAIN = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
DENY = '[[rule]]\nname = "no MANAGE"\naction = "deny"\npermission = "MANAGE"\n'


def run(
    *arguments: str, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
    return subprocess.run(
        [sys.executable, "-m", "pulumi_talend.cli", *arguments],
        cwd=cwd,
        env={**kept, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def settings(tenant: Tenant) -> dict[str, str]:
    return {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}


def test_a_preview_from_standard_input_and_every_form_of_it(tmp_path: Path) -> None:
    done = run("review", "-", "--markdown", "r.md", "--html", "r.html", "--json", "r.json", cwd=tmp_path, stdin=GAIN)
    assert (done.returncode, done.stderr) == (0, "")
    assert "! MANAGE gained: 1" in done.stdout
    assert "the tenant was not looked at" in done.stdout
    assert "MANAGE" in (tmp_path / "r.md").read_text("utf-8")
    assert "<!doctype html>" in (tmp_path / "r.html").read_text("utf-8")
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["summary"]["gains"] == 1
    alone = run("review", "-", "--json", "-", cwd=tmp_path, stdin=GAIN)
    assert json.loads(alone.stdout)["grants"][0]["after"] == ["MANAGE"]


@pytest.mark.parametrize(
    ("action", "code", "word"),
    [("deny", 3, "DENIED"), ("warn", 0, "WARNING"), ("require-approval", 4, "NEEDS APPROVAL")],
)
def test_rules_decide_the_exit_code(action: str, code: int, word: str, tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY.replace("deny", action))
    done = run("review", "-", "-q", cwd=tmp_path, stdin=GAIN)
    assert done.returncode == code
    assert f"{word} by rule 'no MANAGE'" in done.stderr
    assert "anna@example.com on prod/Sales" in done.stderr
    assert run("review", "-", "-q", "--no-rules", cwd=tmp_path, stdin=GAIN).returncode == 0


def test_approved_checked_and_changed(tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY.replace("deny", "require-approval"))
    approved = run("review", "-", "-q", "--approve", "ok.json", cwd=tmp_path, stdin=GAIN)
    assert (approved.returncode, "Approved: sha256:" in approved.stderr) == (0, True)
    assert run("review", "-", "-q", "--check", "ok.json", cwd=tmp_path, stdin=GAIN).returncode == 0
    other = run("review", "-", "-q", "--check", "ok.json", cwd=tmp_path, stdin=GAIN.replace("MANAGE", "PUBLISH"))
    assert other.returncode == 4
    assert 'approved otherwise: grant id-prod-Sales/users/anna: [] -> ["MANAGE"]; now [] -> ["PUBLISH"]' in other.stderr


def test_what_is_denied_cannot_be_approved(tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text(DENY)
    assert run("review", "-", "-q", "--approve", "ok.json", cwd=tmp_path, stdin=GAIN).returncode == 3
    assert not (tmp_path / "ok.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Nothing to review"),
        (("absent.json",), "cannot be read"),
        (("-", "--stack", "dev"), "not both"),
        (("-", "--approve", "a", "--check", "b"), "not both"),
        (("-", "--rules", "absent.toml"), "cannot be read"),
        (("-", "--check", "absent.json"), "cannot be read"),
        (("-", "--tenant", "require"), "talend:token: not set"),
        (("-", "--html", "absent/r.html"), "cannot be written"),
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


def test_on_a_stack_from_preview_to_update(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    stack.program(first_program())
    stack.up().ok()
    tenant.grant(SALES, OSKAR, ["VIEW", "PUBLISH"])  # by hand
    stack.program(second_program())
    before, held = tenant.grants(), tenant.role_mappings()
    files = ("--json", str(tmp_path / "r.json"), "--approve", str(tmp_path / "ok.json"), "-q")
    done = run(
        "review", "--stack", "dev", "--cwd", str(stack.directory), *files, cwd=tmp_path, env=environment_of(stack)
    )
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
    assert {"manage-gained", "removed-by-hand-given", "admin-role-mapped"} <= {
        alert["kind"] for alert in review["alerts"]
    }
    again = run("review", "-", "--check", str(tmp_path / "ok.json"), "-q", cwd=tmp_path, env=stack.settings,
                stdin=json.dumps(stack.preview_json()))  # fmt: skip
    assert again.returncode == 0, again.stderr

    stack.up().ok()
    after = {(w, who): held for (w, _, who), held in tenant.grants().items()}
    changed = {key for key in after.keys() | {(w, who) for w, _, who in before} if after.get(key) != _held(before, key)}
    assert changed == set(told)
    assert all(after.get(key, []) == told[key][1] for key in told)
    stale = run("review", "-", "--check", str(tmp_path / "ok.json"), "-q", cwd=tmp_path, env=stack.settings,
                stdin=json.dumps(stack.preview_json()))  # fmt: skip
    assert stale.returncode == 4
    assert "no longer planned" in stale.stderr


def _held(grants: dict[Any, list[str]], key: tuple[str, str]) -> list[str] | None:
    return next((held for (w, _, who), held in grants.items() if (w, who) == key), None)


def test_a_saved_plan_with_its_state_says_the_same(stack: Stack, tmp_path: Path) -> None:
    if not stack.engine.is_pulumi:
        pytest.skip("update plans are the Pulumi CLI's")
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
        {key: value for key, value in each.items() if key in {"summary", "unforeseen"}} for each in reviews
    )
    assert by_plan == by_preview
    rights = [
        [(each["principal"]["id"], each["before"], each["after"]) for each in review["grants"]] for review in reviews
    ]
    assert sorted(rights[0]) == sorted(rights[1])
    alone = run("review", "--from-plan", str(plan), *arguments, cwd=tmp_path)
    assert "does not say what was before" in alone.stdout
    assert len(json.loads(alone.stdout)["unforeseen"]) == 1


def test_a_failing_preview_is_not_reviewed(stack: Stack, tmp_path: Path) -> None:
    stack.program(program(permission("oskar", SALES, "nobody", ["VIEW"])).replace("'VIEW'", "'LOOK'"))
    done = run("review", "--stack", "dev", "--cwd", str(stack.directory), cwd=tmp_path, env=environment_of(stack))
    assert done.returncode == 1
    assert "no permission 'LOOK'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


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
    by = run("report", "--by", "workspace", "--environment", "prod", cwd=tmp_path, env=settings(tenant))
    assert "prod/Sales" in by.stdout
    assert "dev/Sales" not in by.stdout


def test_a_report_that_lacks_something_says_so(tmp_path: Path, tenant: Tenant) -> None:
    done = run("report", cwd=tmp_path, env={**settings(tenant), "TALEND_TOKEN": tenant.tokens["workspaces-only"]})
    assert done.returncode == 3
    assert "Could not be read" in done.stdout


def test_the_schema_is_that_of_what_a_process_writes(tmp_path: Path) -> None:
    from pulumi_talend.review.render.jsonout import schema

    done = run("review", "-", "--json", "-", cwd=tmp_path, stdin=GAIN)
    jsonschema.validate(json.loads(done.stdout), schema())
