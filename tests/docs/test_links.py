"""Links in what people read: files and headings that exist, and other sites that we mean. Nothing is asked of the network."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from docs.fences import ROOT, documents

SITES = {
    "www.pulumi.com",
    "img.shields.io",
    "semver.org",
    "keepachangelog.com",
    "api.eu.cloud.talend.com",
    "tmc.eu.cloud.talend.com",
}
"""Hosts that the documents name. A new one is put here by somebody who has looked at the page."""

LOOPBACK = re.compile(r"http://127\.0\.0\.1\b")
_URL = re.compile(r"\bhttps?://[^\s)>\"'`|]+")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ON_THE_SERVICE = "../../actions/"
"""On GitHub, beside the repository's files."""

DOCUMENTS = pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))


def headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub and the site make them."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    found: list[str] = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in found}


@DOCUMENTS
def test_other_sites_are_those_that_we_mean(document: Path) -> None:
    urls: list[str] = _URL.findall(document.read_text(encoding="utf-8"))
    outside = {url: urlsplit(url.rstrip(".,;:")) for url in urls if not LOOPBACK.match(url)}
    assert [url for url, part in outside.items() if part.scheme != "https"] == []
    assert [url for url, part in outside.items() if part.netloc not in SITES] == []
    assert [url for url, part in outside.items() if "//" in part.path or not part.path.isascii()] == []


@DOCUMENTS
def test_files_and_headings_that_are_linked_exist(document: Path) -> None:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    wrong: list[str] = []
    links: list[str] = _LINK.findall(text)
    for link in links:
        if "://" in link or link.startswith(_ON_THE_SERVICE):
            continue
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and heading not in headings(target)):
            wrong.append(link)
    assert wrong == []


def test_every_site_is_named_somewhere() -> None:
    text = "".join(document.read_text(encoding="utf-8") for document in documents())
    assert {site for site in SITES if f"https://{site}" not in text} == set()
