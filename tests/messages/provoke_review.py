"""Goes wrong with reviews: documents, rules, approvals, options, engines."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import support
from hosting import Lab
from messages.provoke import Case, command, refuse
from pulumi_talend.review.approval import read as read_approval
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.plan import read_plan
from pulumi_talend.review.rules import load_rules
from review.documents import document, grant_state, step, urn

GAIN = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))


def documents(_lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    whole = json.loads(GAIN)
    previews = [
        "",
        "no JSON",
        '{"sequence": 1}\n{"sequence": 2}\n',
        json.dumps({"resourcePlans": {}}),
        json.dumps({"deployment": {}, "version": 3}),
        json.dumps({"steps": []}),
        json.dumps({**whole, "steps": [{}]}),
        json.dumps({**whole, "steps": 7}),
        json.dumps({**whole, "steps": [7]}),
        json.dumps({**whole, "changeSummary": {"create": 2}}),
        json.dumps({**whole, "diagnostics": [{"severity": "error", "message": "error: it went wrong\n"}]}),
        json.dumps({**whole, "steps": [{"op": "create", "urn": "x"}]}),
        document(step("same", "a", None, None), {"op": "same", "urn": urn("b").replace("prod::", "dev::")}),
    ]
    refuse(*(lambda text=text: read_preview(text) for text in previews))
    plan = {"resourcePlans": {urn("a"): {"steps": ["update"], "goal": {}}}, "config": {}}
    other = {
        "deployment": {
            "resources": [
                {
                    "urn": urn("a").replace("prod::", "dev::"),
                    "id": "x",
                    "type": "pulumi-python:dynamic/access:RoleMapping",
                    "inputs": {},
                    "outputs": {},
                }
            ]
        }
    }
    refuse(
        lambda: read_plan("{}", None),
        lambda: read_plan(json.dumps(plan), json.dumps(other)),
    )


def rules(_lab: Lab, place: Path, _patch: pytest.MonkeyPatch) -> None:
    texts = {
        "bad.toml": "[[rule]\n",
        "typed.toml": '[[rule]]\nname = "x"\naction = "forbid"\ncolour = "red"\n',
        "senseless.toml": '[[rule]]\nname = "x"\naction = "deny"\npermission = "MANAGE"\nrole = "Operator"\n',
        "pyproject.toml": "[tool]\n",
    }
    for name, text in texts.items():
        (place / name).write_text(text)
        refuse(lambda name=name: load_rules(place / name))
    (place / "pyproject.toml").write_text("[tool.talend-access]\nreview = 7\n")
    refuse(lambda: load_rules(place / "pyproject.toml"), lambda: load_rules(place / "none.toml"))


def approvals(_lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    head = {"kind": "access-approval", "version": 1}
    whole = {"stack": "s", "project": "p", "tenant": None, "source": "state", "digest": "d", "changes": {}}
    refuse(
        lambda: read_approval("x"),
        lambda: read_approval("{}"),
        lambda: read_approval(json.dumps(head)),
        lambda: read_approval(json.dumps({**head, **whole})),
    )


def reviews(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    patch.chdir(place)
    patch.setenv("PATH", str(place))
    for name in ("TALEND_ENDPOINT", "TALEND_TOKEN"):
        patch.delenv(name, raising=False)
    (place / "gain.json").write_text(GAIN)
    (place / "latin.json").write_bytes(b"\xff\xfe\xfa")
    (place / "deny.toml").write_text('[[rule]]\nname = "no MANAGE"\naction = "deny"\npermission = "MANAGE"\n')
    (place / "ask.toml").write_text('[[rule]]\nname = "ask"\naction = "require-approval"\npermission = "MANAGE"\n')
    patch.setattr(sys, "executable", str(place / "python"))  # beside which an engine is looked for
    for arguments in (
        (),
        ("gain.json", "--approve", "a", "--check", "b"),
        ("gain.json", "--stack", "dev"),
        ("gain.json", "--from-plan", "plan.json"),
        ("gain.json", "--state", "state.json"),
        ("nowhere.json",),
        ("latin.json",),
        ("--stack", "dev"),
        ("gain.json", "--markdown", "no/where.md"),
        ("gain.json", "--rules", "deny.toml", "--approve", "approved.json"),
        ("gain.json", "--rules", "ask.toml"),
        ("gain.json", "--rules", "ask.toml", "--approve", "approved.json"),
        ("gain.json", "--tenant", "require"),
    ):
        command(patch, "review", *arguments)
    (place / "loss.json").write_text(document(step("create", "a", None, grant_state("jan", "prod/Sales", ["VIEW"]))))
    command(patch, "review", "loss.json", "--check", "approved.json")
    pulumi = place / "pulumi"
    for script in ("sys.exit('error: it went wrong')", "print('not JSON')"):
        pulumi.write_text(support.as_command(f"import sys\n{script}", str(_PYTHON)))
        pulumi.chmod(0o755)
        command(patch, "review", "--stack", "dev")
        (place / "plan.json").write_text(json.dumps({"resourcePlans": {}, "config": {}}))
        command(patch, "review", "--from-plan", "plan.json", "--stack", "dev")
    pulumi.write_text("#!/nowhere/at/all\n")
    command(patch, "review", "--stack", "dev")
    pulumi.write_text(
        support.as_command(f"import sys\nprint({GAIN!r} if sys.argv[1] == 'preview' else 'not JSON')", str(_PYTHON))
    )
    command(patch, "review", "--stack", "dev")
    tenant = lab.tenant
    patch.setenv("TALEND_ENDPOINT", tenant.url)
    patch.setenv("TALEND_TOKEN", tenant.tokens["sso-only"])
    tenant.set_behaviour(lookup_rights="documented")
    command(patch, "review", "gain.json")
    from pulumi_talend_sandbox.tenant import Fault

    tenant.inject(Fault(kind="status", status=403, path="/orchestration/workspaces"))
    command(patch, "review", "gain.json")
    tenant.clear_faults()
    tenant.set_behaviour(lookup_rights="signed-in")
    elsewhere = json.dumps({**json.loads(GAIN), "config": {"talend:endpoint": "https://talend.example"}})
    (place / "elsewhere.json").write_text(elsewhere)
    command(patch, "review", "elsewhere.json", "--tenant", "require")


_PYTHON = sys.executable

CASES: list[Case] = [documents, rules, approvals, reviews]
