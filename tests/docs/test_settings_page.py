"""docs/settings.md names every setting that is read and every right that an operation needs."""

from __future__ import annotations

from docs.fences import ROOT
from pulumi_talend.api import ENVIRONMENT_NAMES, REGIONS
from pulumi_talend.api.operations import OPERATIONS
from pulumi_talend.model.grants import CONSOLE_WORDS

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_right_is_named() -> None:
    for operation in OPERATIONS.values():
        for right in operation.rights:
            assert f"`{right}`" in PAGE, operation.name


def test_every_setting_and_region_is_named() -> None:
    for variable in ENVIRONMENT_NAMES.values():
        assert f"`{variable}`" in PAGE
    for region in REGIONS:
        assert f"`{region}`" in PAGE


def test_the_consoles_words_stand_beside_the_apis() -> None:
    for permission, word in CONSOLE_WORDS.items():
        assert f"| {word} | `{permission}` |" in PAGE
