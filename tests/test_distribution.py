"""The wheel and the source archive as a release builds them."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"pulumi_talend", "pulumi_talend_sandbox"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with both."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", str(out), str(ROOT)]
    subprocess.run(command, check=True, timeout=600)
    return out


def test_the_wheel(dist: Path) -> None:
    (file,) = dist.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = wheel.namelist()
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(wheel.read(metadata).decode())
    assert len(names) == len(set(names))
    assert {name.partition("/")[0] for name in names} == {*PACKAGES, metadata.partition("/")[0]}
    for package in PACKAGES:
        for path in (ROOT / "provider" / package).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                assert path.relative_to(ROOT / "provider").as_posix() in names
    for name in ("pulumi-plugin.json", "py.typed", "review/render/review.schema.json"):
        assert f"pulumi_talend/{name}" in names
    assert headers["Version"] == version("pulumi-talend")
    # What publishes packages refuses a version of the metadata that is newer than itself.
    assert headers["Metadata-Version"] in {"2.3", "2.4"}


def test_the_source_archive(dist: Path) -> None:
    (file,) = dist.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in names if not name.startswith("provider/")} == {
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
    }
    assert "provider/pulumi_talend/pulumi-plugin.json" in names
