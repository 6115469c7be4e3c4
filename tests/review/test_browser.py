"""The HTML in a real browser: it filters and searches, runs nothing of what stands in names, and loads nothing."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from pulumi_talend.model.grants import Principal
from pulumi_talend.model.named import Place, Who
from pulumi_talend.review.model import Origin
from pulumi_talend.review.render.html import html_failure, html_review
from pulumi_talend.review.render.report import html_report
from pulumi_talend.review.report import Holding, Report
from review.documents import PASSED, grant_state, nasty_review, review_of, step
from review.pictures import NOW, example

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: the HTML is not looked at in a browser")


def in_browser(page: str, tmp_path: Path, *, then: str = "", flags: Sequence[str] = ()) -> str:
    """The page's elements after its script has run, and after `then` has."""
    file = tmp_path / "page.html"
    file.write_text(_with_script(page, then) if then else page, encoding="utf-8")
    assert CHROMIUM is not None
    flags = [*flags, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    done = subprocess.run(
        [CHROMIUM, *flags, "--virtual-time-budget=5000", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=300,
    )
    return done.stdout


def _with_script(page: str, script: str) -> str:
    """The page with one more script; the page's own policy lets no other run, so the test's policy stands in for it."""
    allowed = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", page)
    return allowed.replace("</body>", f"<script>{script}</script></body>")


def _types(field: str, value: str) -> str:
    return (
        f"{{ const field = document.getElementById('{field}'); field.value = '{value}'; "
        "field.dispatchEvent(new Event('input', {bubbles: true})); }"
    )


def test_its_script_runs_under_its_own_policy(tmp_path: Path) -> None:
    shown = in_browser(html_review(nasty_review(), PASSED), tmp_path)
    assert re.search(r'<output id="shown"[^>]*>\d+ of \d+ changes</output>', shown)
    assert "<b " not in shown
    assert "<a " not in shown


def test_a_foreign_script_does_not_run(tmp_path: Path) -> None:
    page = html_review(nasty_review(), PASSED).replace(
        "</body>", "<script>document.title = 'taken over'</script></body>"
    )
    assert "<title>taken over" not in in_browser(page, tmp_path)


def test_search_and_filters(tmp_path: Path) -> None:
    page = html_review(
        review_of(
            step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])),
            step("delete", "b", grant_state("ben", "prod/Finance", ["VIEW"]), None),
            step("create", "c", None, grant_state("anna", "dev/Sales", ["EXECUTE"])),
        ),
        PASSED,
    )
    record = (
        "await new Promise((go) => setTimeout(go, 100));"
        "seen.push([document.getElementById('shown').textContent, document.querySelectorAll('li.entry[hidden]').length]);"
    )
    acts = (
        _types("search", "ANNA sales"),
        _types("environment", "dev"),
        "document.getElementById('controls').reset(); document.querySelector('input[value=\"+\"]').click();",
    )
    steps = "".join(act + record for act in acts)
    script = f"(async () => {{ const seen = []; {steps} document.title = JSON.stringify(seen); }})();"
    title = re.search(r"<title>(.*?)</title>", in_browser(page, tmp_path, then=script))
    assert title is not None
    assert json.loads(html.unescape(title[1])) == [
        ["2 of 3 changes", 1],
        ["1 of 3 changes", 2],
        ["1 of 3 changes", 2],
    ]


def test_a_large_review_is_filtered_and_shown(tmp_path: Path) -> None:
    many = review_of(
        *(
            step("create", f"g{n}", None, grant_state(f"p{n % 500}", f"prod/w{n // 500}", ["VIEW"]))
            for n in range(5_000)
        )
    )
    shown = in_browser(html_review(many, PASSED), tmp_path)
    assert "5,000 of 5,000 changes" in shown


ROOT = Path(__file__).parents[2]
AXE = Path(os.environ.get("AXE_CORE") or ROOT / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js")
WHO_MAY = Holding(
    Who(Principal("users", "u1"), "anna@example.com", "Anna Petersen"),
    Place("prod", "Sales", "w1"),
    frozenset({"VIEW", "MANAGE"}),
)
IN_EACH_FRAME = """
axe.run().then((found) => parent.postMessage({of: name, found: found.violations.map((each) =>
    [each.id, each.help, each.nodes.map((node) => node.html)]), passed: found.passes.length}, "*"));
"""
IN_THE_PAGE = """
const all = {}; addEventListener("message", (event) => { all[event.data.of] = event.data;
    document.getElementById("found").textContent = "FOUND" + JSON.stringify(all) + "END"; });
"""


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: `make accessibility` installs it, or AXE_CORE names it")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_no_findings(scheme: str, tmp_path: Path) -> None:
    axe = AXE.read_text("utf-8").replace("</script", "<\\/script")
    pages = {
        "review": html_review(*example()),
        "failure": html_failure("Preview", "no user", Origin(commit="a"), "prod"),
        "hostile": html_review(nasty_review(), PASSED),
        "report": html_report(
            Report("https://api.eu.cloud.talend.com", NOW, (WHO_MAY,), (("crew", frozenset({"Operator"})),), ("note",))
        ),
    }
    frames = {f"{name} {width}": (page, width) for name, page in pages.items() for width in (1280, 400)}
    body = "".join(
        f"<iframe name='{name}' title='{name}' style='width: {width}px; height: 3000px' "
        f"srcdoc='{html.escape(_with_script(page, axe + IN_EACH_FRAME))}'></iframe>"
        for name, (page, width) in frames.items()
    )
    page = f"<html><body><pre id='found'></pre><script>{IN_THE_PAGE}</script>{body}</body></html>"
    flags = ["--window-size=1400,3000", f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"]
    found = re.search(r'<pre id="found">FOUND(.*)END</pre>', in_browser(page, tmp_path, flags=flags), re.DOTALL)
    assert found is not None, "axe did not run"
    results = json.loads(html.unescape(found[1]))
    assert results.keys() == frames.keys()
    assert all(each["passed"] for each in results.values())
    assert {name: each["found"] for name, each in results.items() if each["found"]} == {}


def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    wide = "document.title = `WIDTH ${document.documentElement.scrollWidth} of ${innerWidth}`;"
    shown = in_browser(html_review(*example()), tmp_path, then=wide, flags=["--window-size=500,1600"])
    found = re.search(r"WIDTH (\d+) of (\d+)", shown)
    assert found is not None
    assert int(found[1]) <= int(found[2])
