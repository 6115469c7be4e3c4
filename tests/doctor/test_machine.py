"""The doctor on this machine: Python, packages, project, engine, backend, passphrase, a stack's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import support
from doctor.conftest import Doctor
from pulumi_talend_sandbox.tenant import Tenant

HERE = Path(sys.executable)


def command(directory: Path, name: str, script: str) -> None:
    """Puts a program on the test's PATH."""
    file = directory / "bin" / name
    file.write_text(support.as_command(script, str(HERE)))
    file.chmod(0o755)


def pulumi(
    directory: Path, *, version: str = "v3.272.0", url: str | None = "file:///state", config: str = "{}"
) -> None:
    """A Pulumi CLI, as far as the doctor asks one."""
    who = (
        f'print(\'{{"user": "ops", "url": "{url}"}}\')' if url else "sys.exit('error: PULUMI_ACCESS_TOKEN must be set')"
    )
    command(
        directory,
        "pulumi",
        f"import sys\nif sys.argv[1] == 'version': print('{version}')\nelif sys.argv[1] == 'whoami': {who}\n"
        f"elif sys.argv[1] == 'config': print({config!r})\nelse: sys.exit('error: no such stack')",
    )


def test_this_python_and_its_packages(doctor: Doctor) -> None:
    found = doctor()
    status, said, _ = found.findings["python"]
    assert status == "ok"
    assert "this command's own: there is no Pulumi.yaml here" in said
    assert found.findings["packages"][1].startswith("pulumi-talend 0.1.0, pulumi 3.")
    assert found.findings["toolchain"][0] == "ok"


def test_a_project_without_its_virtual_environment(doctor: Doctor) -> None:
    Path("Pulumi.yaml").write_text("name: x\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n")
    found = doctor()
    status, said, todo = found.findings["python"]
    assert status == "fail"
    assert ".venv does not exist" in said
    assert "pulumi install` (python3 -m venv" in todo


def test_a_virtual_environment_without_pip_and_packages(doctor: Doctor) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "env"], check=True)
    Path("Pulumi.yaml").write_text("name: x\nruntime: {name: python, options: {virtualenv: env}}\n")
    Path("below").mkdir()
    found = doctor("--cwd", "below")  # the project is found upwards, as Pulumi does
    assert "of the project" in found.findings["python"][1]
    assert found.findings["toolchain"][0] == "fail"
    assert "uv venv --seed" in found.findings["toolchain"][2]
    assert found.findings["packages"][0] == "fail"
    assert "pulumi-talend is not installed" in found.findings["packages"][1]


def test_packages_that_are_too_old_or_missing(doctor: Doctor) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "env"], check=True)
    (packages,) = Path("env/lib").glob("python*/site-packages")
    for name, version, needs in (
        ("pulumi_talend", "0.1.0", ["pulumi<4,>=3.216", "httpx<1,>=0.27", "rich>=13; extra == 'cli'"]),
        ("pulumi", "3.100.0", []),
    ):
        info = packages / f"{name}-{version}.dist-info"
        info.mkdir()
        lines = [
            f"Name: {name.replace('_', '-')}",
            f"Version: {version}",
            *(f"Requires-Dist: {need}" for need in needs),
        ]
        (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")
    Path("Pulumi.yaml").write_text("name: x\nruntime: {name: python, options: {virtualenv: env}}\n")
    status, said, todo = doctor().findings["packages"]
    assert status == "fail"
    assert "pulumi <4,>=3.216 is required, 3.100.0 is installed" in said
    assert "httpx <1,>=0.27 is required, none is installed" in said
    assert "rich" not in said
    assert "pip install" in todo


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "cannot be read"),
        ("name: x\nruntime: go\n", "has no Python runtime"),
        ("- x\n", "has no Python"),
    ],
)
def test_a_project_file_that_is_wrong(doctor: Doctor, text: str, says: str) -> None:
    Path("Pulumi.yaml").write_text(text)
    status, said, _ = doctor().findings["project"]
    assert status == "fail"
    assert says in said


def test_a_directory_that_is_none(doctor: Doctor) -> None:
    found = doctor("--cwd", "nowhere")
    assert found.statuses() == {"project": "fail"}


def test_no_engine(doctor: Doctor, alone: Path) -> None:
    status, said, todo = doctor().findings["engine"]
    assert (status, "only the embedded engine" in said) == ("warn", True)
    assert "https://www.pulumi.com/docs/install/" in todo


@pytest.mark.parametrize(
    ("version", "status"), [("v3.272.0", "ok"), ("v3.216.0", "ok"), ("v3.99.1", "fail"), ("nonsense", "fail")]
)
def test_the_engines_version(doctor: Doctor, alone: Path, version: str, status: str) -> None:
    pulumi(alone, version=version)
    assert doctor().findings["engine"][0] == status


def test_no_backend(doctor: Doctor, alone: Path) -> None:
    pulumi(alone, url=None)
    status, said, todo = doctor().findings["backend"]
    assert status == "fail"
    assert "PULUMI_ACCESS_TOKEN must be set" in said
    assert "pulumi login" in todo


def test_the_passphrase(doctor: Doctor, alone: Path) -> None:
    pulumi(alone, url="s3://bucket")
    assert doctor().findings["passphrase"][0] == "warn"
    found = doctor(PULUMI_CONFIG_PASSPHRASE="planted-pass-phrase")
    assert found.findings["passphrase"][0] == "ok"
    assert "planted-pass-phrase" not in found.output
    assert doctor(PULUMI_CONFIG_PASSPHRASE="").findings["passphrase"][0] == "ok"  # an empty one is one
    Path("Pulumi.prod.yaml").write_text("secretsprovider: awskms://alias/x\nconfig: {}\n")
    assert "secrets provider of its own" in doctor("--stack", "org/proj/prod").findings["passphrase"][1]
    pulumi(alone, url="https://user:word@api.pulumi.com")
    found = doctor()
    assert "passphrase" not in found.findings
    assert "https://api.pulumi.com, as ops" in found.findings["backend"][1]
    assert "word" not in found.output


def test_a_stacks_settings_come_first(doctor: Doctor, alone: Path, tenant: Tenant) -> None:
    token = {"value": tenant.token, "secret": True}
    pulumi(alone, config=json.dumps({"talend:endpoint": {"value": tenant.url}, "talend:token": token}))
    found = doctor("--stack", "dev", TALEND_TOKEN="x-secret-x")
    assert found.code == 0
    assert found.findings["settings"][1] == f"{tenant.url} (talend:endpoint), a token (talend:token)"
    assert tenant.token not in found.output


def test_a_stack_that_is_not_there(doctor: Doctor, alone: Path, good: dict[str, str]) -> None:
    pulumi(alone, config="no such stack")
    found = doctor("--stack", "dev", **good)
    assert found.code == 3
    assert found.findings["stack"][0] == "fail"
    assert "stack 'dev'" in found.findings["stack"][1]
    assert found.findings["role mappings"][0] == "ok"  # the environment's settings are looked at all the same


def test_the_real_cli_with_a_directory_for_state(alone: Path, tenant: Tenant, pulumi_cli: Path) -> None:
    """As the README sets one up: the doctor in a process of its own, with the real CLI on PATH."""
    environment = {
        "PATH": f"{pulumi_cli.parent}{os.pathsep}{os.defpath}",
        "HOME": str(alone),
        "PULUMI_HOME": str(alone / "pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{alone}",
        "TALEND_ENDPOINT": tenant.url,
        "TALEND_TOKEN": tenant.token,
    }
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_talend.cli", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "✓ ok      engine           Pulumi CLI v3.",
        f"✓ ok      backend          state in file://{alone}",
        "! warn    passphrase       Pulumi asks",
    ):
        assert line in done.stdout


# --- toolchains, files, the plugin's description


def test_each_toolchain_that_the_project_names(doctor: Doctor, alone: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], check=True)
    project = "name: x\nruntime: {{name: python, options: {{toolchain: {}}}}}\n"
    Path("Pulumi.yaml").write_text(project.format("uv"))
    assert doctor().findings["toolchain"][:2] == ("fail", "`uv` is not on PATH")
    command(alone, "uv", "")
    found = doctor()
    assert found.findings["toolchain"][:2] == ("ok", "uv")  # it needs no pip
    assert "of the project" in found.findings["python"][1]
    assert "uv add pulumi-talend" in found.findings["packages"][2]

    Path("Pulumi.yaml").write_text(project.format("poetry"))
    assert doctor().findings["toolchain"][:2] == ("fail", "`poetry` is not on PATH")
    command(
        alone,
        "poetry",
        f"import sys; sys.exit() if sys.argv[1:] != ['env', 'info', '--path'] else print({os.getcwd()!r} + '/.venv')",
    )
    found = doctor()
    assert found.findings["toolchain"][:2] == ("ok", "poetry")
    assert str(Path.cwd() / ".venv") in found.findings["python"][1]
    command(alone, "poetry", "import sys; sys.exit(1)")
    assert doctor().findings["python"][:2] == ("fail", "poetry's environment of the project does not exist")

    Path("Pulumi.yaml").write_text(project.format("conda"))
    status, said, todo = doctor().findings["toolchain"]
    assert (status, "'conda'" in said, "uv" in todo) == ("fail", True, True)


def test_a_lock_file_decides_where_no_toolchain_is_named(doctor: Doctor) -> None:
    Path("Pulumi.yaml").write_text("name: x\nruntime: python\nmain: program\n")
    Path("program").mkdir()
    Path("uv.lock").write_text("")
    assert doctor().findings["toolchain"][1] == "`uv` is not on PATH"


@pytest.mark.parametrize(
    ("name", "status"),
    [("calendar.py", "fail"), ("types.py", "fail"), ("secrets.py", "warn"), ("people.py", None)],
)
def test_a_file_with_the_name_of_a_module_of_python(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, name: str, status: str | None
) -> None:
    Path("Pulumi.yaml").write_text("name: x\nruntime: python\nmain: program\n")
    Path("program").mkdir()
    Path("program", name).write_text("")
    monkeypatch.chdir("program")  # where its files would come first for a Python that the doctor starts, too
    findings = doctor().findings
    assert findings["python"][0] == "ok"
    found = findings.get("files")
    assert (found[0] if found else None) == status
    if found:
        assert found[1].startswith(f"{name} in ")
        assert "Rename it" in found[2]


def test_the_plugins_description_is_installed(doctor: Doctor) -> None:
    assert "plugin" not in doctor().findings
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "env"], check=True)
    (packages,) = Path("env/lib").glob("python*/site-packages")
    (packages / "pulumi_talend").mkdir()
    (packages / "pulumi_talend" / "__init__.py").write_text("")
    info = packages / "pulumi_talend-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pulumi-talend\nVersion: 0.1.0\n")
    Path("Pulumi.yaml").write_text("name: x\nruntime: {name: python, options: {virtualenv: env}}\n")
    status, said, _ = doctor().findings["plugin"]
    assert (status, said.startswith("pulumi-plugin.json is missing")) == ("fail", True)
