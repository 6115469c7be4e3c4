"""Whatever goes wrong, the terminal shows lines that a person can read; with TALEND_DEBUG the rest is in a file."""

from __future__ import annotations

import re
import stat
from importlib.util import find_spec
from pathlib import Path

from e2e.company import OSKAR, SALES, permission
from e2e.conftest import NewStack
from e2e.stack import Run, Stack
from pulumi_talend_sandbox.tenant import Fault, Tenant

HOST = find_spec("pulumi.dynamic.__main__")
SDK_SHOWS_TRACEBACKS = HOST is not None and "format_exc" in Path(str(HOST.origin)).read_text(encoding="utf-8")
"""The oldest SDK that the package allows shows the text of an error alone."""

BROKEN = """
import pulumi_talend.loader as loader
from pulumi.dynamic import Resource
from pulumi_talend.provider import PROVIDERS

class BrokenProvider(PROVIDERS["RoleMapping"]):
    type_name = "Broken"

    def __reduce__(self):
        return type(self), ()

    def _create(self, urn, inputs):
        {} ["what is not there"]

class BrokenCheck(BrokenProvider):
    def _refusals(self, inputs, gained):
        {} ["what is not there"]

class Other(loader.ResourceProvider):
    def create(self, props):
        {} ["another provider's own"]

class Broken(Resource, module="other", name="Broken"):
    def __init__(self, provider, name, **props):
        super().__init__(provider, name, {"role_name": name, "roles": ["Operator"]})
"""

MISSING = "raise ModuleNotFoundError(\"No module named 'pydantic'\", name='pydantic')\n"


def shown(run: Run) -> list[str]:
    """The messages of a run that failed, checked to be free of tracebacks of ours."""
    messages = run.failed().errors
    # The Pulumi CLI ends the program of a failed preview as Ctrl-C would, and Python says where that met it.
    theirs = re.sub(r"Traceback \(most recent call last\):(?s:.)*?KeyboardInterrupt\n", "", run.output)
    assert "Traceback" not in theirs, run.output
    for message in messages:
        assert len(message.splitlines()) <= 2
    return messages


def test_a_bug_in_an_operation_is_one_line(stack: Stack) -> None:
    (stack.directory / "broken.py").write_text(BROKEN)
    stack.program("import broken\nbroken.Broken(broken.BrokenProvider(), 'oops')")
    (message,) = shown(stack.up())
    for words in ("KeyError in pulumi_talend.", "a bug of its own", "TALEND_DEBUG=1", "please report it"):
        assert words in message
    assert "what is not there" not in message
    assert not list(stack.directory.glob("*.log"))


def test_the_traceback_of_another_provider_in_the_process_stays(stack: Stack) -> None:
    (stack.directory / "broken.py").write_text(BROKEN)
    stack.program(
        f"import broken\n{permission('oskar', SALES, OSKAR, ['VIEW'])}\nbroken.Broken(broken.Other(), 'theirs')"
    )
    output = stack.up().output
    assert "another provider's own" in output
    if SDK_SHOWS_TRACEBACKS:
        assert 'KeyError: "another provider\'s own"' in output
        assert "Traceback (most recent call last):" in output
        assert "broken.py" in output


def test_a_bug_in_a_check_is_one_line_and_the_file_has_its_traceback(new_stack: NewStack, tenant: Tenant) -> None:
    stack = new_stack(settings={"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token, "TALEND_DEBUG": "1"})
    (stack.directory / "broken.py").write_text(BROKEN)
    stack.program("import broken\nbroken.Broken(broken.BrokenCheck(), 'oops')")
    run = stack.preview()
    (message,) = shown(run)
    log = stack.directory / "talend-debug.log"
    assert "KeyError" in message
    assert str(log) in message
    text = log.read_text()
    assert "Traceback (most recent call last):" in text
    assert "KeyError: 'what is not there'" in text
    assert "check Broken oops failed" in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert tenant.token not in text


def test_what_the_tenant_refuses_is_told_in_full_in_the_file_alone(new_stack: NewStack, tenant: Tenant) -> None:
    stack = new_stack(settings={"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token, "TALEND_DEBUG": "1"})
    echo = {"message": f"Authorization: Bearer {tenant.token} is not welcome"}
    tenant.inject(Fault(kind="status", status=400, method="POST", body=echo))
    stack.program("import pulumi_talend\npulumi_talend.get_users()\n" + permission("oskar", SALES, OSKAR, ["VIEW"]))
    (message,) = shown(stack.up())
    assert "400" in message
    text = (stack.directory / "talend-debug.log").read_text()
    for role in ("program", "host"):
        assert re.search(rf" {role}\[\d+\] \S+ begins: pulumi-talend", text)
    assert re.search(rf"program\[\d+\] .*GET {tenant.url}/account/users\S* -> 200", text)
    assert re.search(r"host\[\d+\] .*POST .* -> 400", text)
    assert "BadRequestError" in text
    assert not [where for where, content in stack.everything_written() if tenant.token.encode() in content]


def test_wrong_arguments_and_look_ups_stop_the_program_with_one_line(stack: Stack) -> None:
    for program, says in (
        (f"WorkspacePermission('x', workspace_id={SALES!r}, user_id={OSKAR!r}, permissions={{'VIEW'}})", "a list"),
        ("import pulumi_talend; pulumi_talend.get_user_output('nobody')", "no user 'nobody'"),
    ):
        stack.program(program)
        run = stack.preview()
        (message,) = shown(run)
        assert says in message
        assert "Traceback" not in run.output


def test_a_package_that_is_missing_is_named(stack: Stack) -> None:
    (stack.directory / "pydantic.py").write_text(MISSING)  # found before the installed one
    for program in (permission("oskar", SALES, OSKAR, ["VIEW"]), "import pulumi_talend; pulumi_talend.get_users()"):
        stack.program(program)
        (message,) = shown(stack.preview())
        for words in ("pulumi-talend cannot run in", "'pydantic' is missing", "virtual environment"):
            assert words in message
