"""The HTML in a real browser: it filters and searches, runs nothing of what stands in names, and loads nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_talend.review.render.html import html_review
from review.documents import grant_state, nasty_review, review_of, step

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: the HTML is not looked at in a browser")


def in_browser(page: str, tmp_path: Path, *, then: str = "") -> str:
    """The page's elements after its script has run, and after `then` has."""
    file = tmp_path / "page.html"
    # The page's own policy lets no other script run, so the test's policy stands in for it.
    tested = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", page) if then else page
    file.write_text(tested.replace("</body>", f"<script>{then}</script></body>") if then else tested, encoding="utf-8")
    assert CHROMIUM is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [CHROMIUM, *flags, "--virtual-time-budget=5000", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    return done.stdout


def _types(field: str, value: str) -> str:
    return (
        f"{{ const field = document.getElementById('{field}'); field.value = '{value}'; "
        "field.dispatchEvent(new Event('input', {bubbles: true})); }"
    )


def test_its_script_runs_under_its_own_policy(tmp_path: Path) -> None:
    shown = in_browser(html_review(nasty_review()), tmp_path)
    assert re.search(r'<output id="shown"[^>]*>\d+ of \d+ changes</output>', shown)
    assert "<b " not in shown
    assert "<a " not in shown


def test_a_foreign_script_does_not_run(tmp_path: Path) -> None:
    page = html_review(nasty_review()).replace("</body>", "<script>document.title = 'taken over'</script></body>")
    assert "<title>taken over" not in in_browser(page, tmp_path)


def test_search_and_filters(tmp_path: Path) -> None:
    page = html_review(
        review_of(
            step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])),
            step("delete", "b", grant_state("ben", "prod/Finance", ["VIEW"]), None),
            step("create", "c", None, grant_state("anna", "dev/Sales", ["EXECUTE"])),
        )
    )
    typed = _types("search", "ANNA sales")
    shown = in_browser(page, tmp_path, then=typed)
    assert "2 of 3 changes" in shown
    assert len(re.findall(r'<tr class="entry[^>]* hidden=""', shown)) == 1
    placed = typed + _types("environment", "dev")
    assert "1 of 3 changes" in in_browser(page, tmp_path, then=placed)
    unmarked = "document.querySelector('input[value=\"+\"]').click();"
    assert "1 of 3 changes" in in_browser(page, tmp_path, then=unmarked)


def test_a_large_review_is_filtered_and_shown(tmp_path: Path) -> None:
    many = review_of(
        *(
            step("create", f"g{n}", None, grant_state(f"p{n % 500}", f"prod/w{n // 500}", ["VIEW"]))
            for n in range(5_000)
        )
    )
    shown = in_browser(html_review(many), tmp_path)
    assert "5,000 of 5,000 changes" in shown
