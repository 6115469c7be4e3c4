"""The tables of the reference are those that the code makes, and links between documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.fences import ROOT, documents
from docs.reference import written

_LINK = re.compile(r"(?:\]\(|src=\")(?!https?:|\.\./\.\./actions)([^)#\s\"]*)(?:#([^)\s]*))?[)\"]")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_MARKED = re.compile(r"^```.*?^```$|<!--.*?-->", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", written(), ids=lambda page: page.name)
def test_the_tables_are_fresh(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == written()[page], "run `make reference`"


def anchors(document: Path) -> set[str]:
    """The anchors of headings, as repository hosts make them."""
    text = _MARKED.sub("", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(text)}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    text = _MARKED.sub("", document.read_text(encoding="utf-8"))
    for path, anchor in _LINK.findall(text):
        target = (document.parent / path) if path else document
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8")) <= 6000


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# A title, with more\n[x](#a-title-with-more)", encoding="utf-8")
    assert anchors(tmp_path / "page.md") == {"a-title-with-more"}
    assert _LINK.findall("[x](other.md#there) [y](https://x.example/#z)") == [("other.md", "there")]
