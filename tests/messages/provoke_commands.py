"""Goes wrong with programs and commands: look-ups, arguments, bugs, missing packages, adopt, drift, the doctor."""
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import support
from hosting import Lab
from messages.provoke import MAPPINGS, Case, command, refuse
from pulumi_talend import cli, debuglog
from pulumi_talend_sandbox.tenant import Fault


def programs(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    """Look-ups, arguments, bugs, packages that are missing."""
    import pulumi

    from pulumi_talend import functions
    from pulumi_talend.resources.declaring import declared
    from pulumi_talend.resources.reporting import needed, reported

    patch.setenv("TALEND_ENDPOINT", lab.tenant.url)
    patch.setenv("TALEND_TOKEN", lab.tenant.token)
    acts: list[Callable[[], object]] = [
        lambda: functions.get_user("nobody"),
        lambda: functions.get_workspace("Sales"),
        lambda: declared("RoleMapping", None, None, {}),
        lambda: declared("RoleMapping", "x", {}, {}),
        lambda: declared("RoleMapping", "x", None, {"roles": {"Operator"}}),
        lambda: declared("RoleMapping", "x", None, {"roles": [object()]}),
        lambda: declared("RoleMapping", "x", None, {"roles": {1: 2}}),
    ]

    def gone() -> None:
        raise ModuleNotFoundError("No module named 'pydantic'", name="pydantic")

    def bug() -> None:
        raise KeyError("x")

    acts += [lambda: needed(gone), lambda: reported("it", bug)]
    for act in acts:
        with suppress(pulumi.RunError, Exception):
            act()
    patch.setattr(functions, "needed", lambda _load: needed(gone))  # pyright: ignore[reportUnknownLambdaType]
    with suppress(pulumi.RunError):
        functions.get_users()
    patch.setenv("TALEND_DEBUG", str(place / "no" / "where.log"))
    debuglog.start("host", debuglog_heard)
    patch.setenv("TALEND_DEBUG", str(place / "where.log"))
    debuglog.start("host", debuglog_heard)
    debuglog.stop()
    patch.delenv("TALEND_DEBUG")


def debuglog_heard(announce: str) -> None:
    """Stands for the terminal."""


debuglog_heard.__code__ = debuglog_heard.__code__.replace(co_name="announce")


def ended(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    """Commands that are interrupted, or meet a bug."""
    from pulumi_talend.review import command as review

    for error in (KeyboardInterrupt(), ZeroDivisionError("x")):

        def fail(*_args: object, error: BaseException = error, **_options: object) -> None:
            raise error

        patch.setattr(review, "read_source", fail)
        command(patch, "review", "x")
    patch.undo()
    for error in (KeyboardInterrupt(), ModuleNotFoundError("No module named 'rich'", name="rich")):

        def unloaded(error: BaseException = error) -> None:
            raise error

        patch.setattr(cli, "app", unloaded)
        with suppress(SystemExit):
            cli.main()
    patch.undo()


def commands(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    """adopt and drift."""
    tenant = lab.tenant
    patch.chdir(place)
    patch.setenv("PATH", str(place))
    patch.setenv("TALEND_ENDPOINT", tenant.url)
    patch.setenv("TALEND_TOKEN", tenant.token)
    out = ("--out", "adopted")
    (place / "odd.json").write_text("[]")
    (place / "odder.json").write_text('{"deployment": {"resources": 7}}')
    kind = "pulumi-python:dynamic/access:WorkspacePermission"
    bad = {"type": kind, "id": "x", "urn": f"urn:pulumi:a::b::{kind}::c"}
    (place / "bad-resource.json").write_text(json.dumps({"deployment": {"resources": [bad]}}))
    for arguments in (
        ("adopt", *out, "--what", "everything"),
        ("adopt", *out, "--environment", "production"),
        ("adopt", *out, "--environment", "prod", "--workspace", "Salse"),
        ("adopt", *out, "--only", "nobody"),
        ("adopt", *out, "--add-to", "dev"),
        ("adopt", *out, "--state", "nowhere.json"),
        ("adopt", *out, "--state", "odd.json"),
        ("adopt", *out, "--state", "odder.json"),
        ("adopt", *out, "--state", "bad-resource.json"),
        ("adopt", *out, "--what", "role-mappings"),
        ("adopt", *out, "--what", "role-mappings"),
        ("drift",),
        ("drift", "--state", "odd.json", "--fail-on", "anything"),
    ):
        command(patch, *arguments)
    (place / "pulumi").write_text(support.as_command("import sys\nsys.exit('error: no stack named dev')"))
    (place / "pulumi").chmod(0o755)
    command(patch, "drift", "--stack", "dev")
    managed = {
        "type": "pulumi-python:dynamic/access:RoleMapping",
        "id": "x",
        "urn": "urn:pulumi:a::b::c::d",
        "outputs": {"roles": []},
    }
    (place / "one.json").write_text(json.dumps({"deployment": {"resources": [managed]}}))
    command(patch, "adopt", "--out", "sets", "--style", "sets", "--state", "one.json", "--what", "role-mappings")
    patch.setenv("TALEND_TOKEN", tenant.tokens["viewer"])
    tenant.set_behaviour(lookup_rights="documented")
    command(patch, "adopt", "--out", "little", "--environment", "dev")
    tenant.set_behaviour(lookup_rights="signed-in")
    patch.setenv("TALEND_TOKEN", tenant.tokens["workspaces-only"])
    command(patch, "adopt", "--out", "less", "--environment", "dev")
    from pulumi_talend.adopt.read_only import ReadOnlyClient
    from pulumi_talend.api import GrantKey

    with ReadOnlyClient(support.settings_for(tenant)) as client:
        key: GrantKey = support.user_key(tenant)
        refuse(lambda: client.permissions.remove(key))


def doctors(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    tenant = lab.tenant
    patch.chdir(place)
    patch.setenv("PATH", str(place))
    good = {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}

    def look(*options: str, **settings: str) -> None:
        with pytest.MonkeyPatch.context() as within:
            for name, value in {**good, **settings}.items():
                within.setenv(name, value)
            command(within, "doctor", *options)

    look()
    look(TALEND_TOKEN=tenant.tokens["viewer"])
    look(TALEND_TOKEN="not-of-this-tenant")
    look(TALEND_ENDPOINT="http://127.0.0.1:9")
    look(TALEND_ENDPOINT="https://api.nowhere.invalid")
    look(TALEND_ENDPOINT="", TALEND_REGION="mars")
    account = {"TALEND_TOKEN": "", "TALEND_CLIENT_ID": tenant.client_id, "TALEND_CLIENT_SECRET": tenant.client_secret}
    look(**account)
    tenant.set_behaviour(expected_audience="elsewhere")
    look(**account)
    tenant.set_behaviour(expected_audience=None, rate_limit=(1000, 60.0))
    look("--cwd", "nowhere")
    for fault in (
        {"kind": "html"},
        {"kind": "status", "status": 503, "times": None},
        {"kind": "status", "status": 429, "path": MAPPINGS},
        {"kind": "status", "status": 503, "path": MAPPINGS},
        {"kind": "status", "status": 200, "body": [], "times": None},
    ):
        tenant.inject(Fault.model_validate(fault))
        look()
        tenant.clear_faults()
    tenant.set_behaviour(rate_limit=(5, 600.0))
    look()
    tenant.set_behaviour(rate_limit=None)
    from pulumi_talend.api import NotSentError
    from pulumi_talend.doctor import tenant as room

    settings = support.settings_for(tenant)
    listener = room._Listener(lambda: 100.0)  # pyright: ignore[reportPrivateUsage]
    for headers in ({}, {"date": "Thu, 01 Jan 1970 00:01:40 GMT"}, {"date": "Thu, 01 Jan 1970 02:00:00 GMT"}):
        listener.observe(headers)
        list(room._clock(listener))  # pyright: ignore[reportPrivateUsage]
    listener.observe({"x-ratelimit-limit": "100", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "60"})
    room._rate_limit(listener)  # pyright: ignore[reportPrivateUsage]
    failed = NotSentError("Could not list the workspaces: no connection (certificate verify failed). Check it.")
    room._no_endpoint(settings, failed, {})  # pyright: ignore[reportPrivateUsage]
    for text in ("name: [", "runtime: go\n", "runtime: {name: python, options: {virtualenv: env}}\n"):
        (place / "Pulumi.yaml").write_text(text)
        look()
    python = place / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)

    def pretend(script: str, file: Path) -> None:
        file.write_text(support.as_command(f"import sys\n{script}"))
        file.chmod(0o755)
        look("--stack", "dev")

    none = dict.fromkeys(("pulumi-talend", "pulumi", "httpx"))
    pretend("sys.exit(1)", python)
    for versions, needs in ((none, []), ({**none, "pulumi-talend": "1"}, ["httpx>=0.27"])):
        told = {"python": [3, 9, 1], "versions": versions, "needs": needs, "pip": False}
        pretend(f"print({json.dumps(json.dumps(told))})", python)
    pulumi = place / "pulumi"
    for version, who in (
        ("x", ""),
        ("v3.1.0", ""),
        ("v3.300.0", ""),
        ("v3.300.0", '{"user": "ops", "url": "s3://state"}'),
    ):
        pretend(
            f"print({version!r} if sys.argv[1] == 'version' else {who!r})\nsys.exit(not {who!r} and sys.argv[1] != 'version')",
            pulumi,
        )
    with pytest.MonkeyPatch.context() as within:
        within.setenv("PULUMI_CONFIG_PASSPHRASE", "x-secret-x")
        look()
    (place / "Pulumi.dev.yaml").write_text("secretsprovider: awskms://x\n")
    pretend(
        "print({'version': 'v3.300.0', 'whoami': '{\"url\": \"s3://state\"}', 'config': '{}'}[sys.argv[1]])", pulumi
    )
    pulumi.unlink()
    (place / "Pulumi.yaml").unlink()
    with pytest.MonkeyPatch.context() as within:
        from pulumi_talend.doctor import engine

        within.setattr(engine, "_own_directory", lambda: str(place))
        look()


CASES: list[Case] = [programs, ended, commands, doctors]
