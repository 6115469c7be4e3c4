"""The pictures of a review in docs/pictures, taken with Chromium: `python tests/review/pictures.py` (needs Chromium on PATH)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import support  # noqa: E402 - as tests import it
from pulumi_talend.access import TenantAccess  # noqa: E402
from pulumi_talend.review.build import build_review  # noqa: E402
from pulumi_talend.review.decision import Decision  # noqa: E402
from pulumi_talend.review.document import read_preview  # noqa: E402
from pulumi_talend.review.model import Origin, Review  # noqa: E402
from pulumi_talend.review.render.html import html_review  # noqa: E402
from pulumi_talend.review.rules import load_rules, results  # noqa: E402
from pulumi_talend_sandbox.tenant import Tenant  # noqa: E402
from review.documents import document, mapping_state, step  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=timezone.utc)


def example() -> tuple[Review, Decision]:
    """A change of access in the offline tenant, reviewed with the rules of examples/ci."""
    with Tenant.start() as tenant, support.client_of(support.settings_for(tenant)) as client:
        places = {(each["environment"]["name"], each["name"]): each["id"] for each in tenant.workspaces()}
        people = sorted(tenant.users(), key=lambda each: each["login"])
        plain = [each for each in people if "Engine User" not in {role["name"] for role in each["roles"]}]
        account = tenant.service_accounts()[0]
        sales, finance = places["prod", "Sales"], places["prod", "Finance"]

        def state(where: str, number: int, permissions: list[str], **more: Any) -> dict[str, Any]:
            who = plain[number]["id"]
            inputs = {"workspace_id": where, "user_id": who, "permissions": permissions, **more}
            return {"id": f"{where}/users/{who}", "inputs": inputs, "outputs": inputs}

        def grants(number: int, where: str, permissions: list[str]) -> None:
            tenant.grant(where, plain[number]["id"], permissions)

        for number, where, permissions in (
            (11, sales, ["VIEW", "EXECUTE"]),
            (12, sales, ["VIEW", "MANAGE"]),
            (13, finance, ["VIEW"]),
            (14, finance, ["VIEW", "AUTHOR"]),
            (15, places["dev", "Finance"], ["VIEW"]),
        ):
            grants(number, where, permissions)
        robot = {"workspace_id": sales, "service_account_id": account["id"], "permissions": ["EXECUTE"]}
        sooner, later = "2026-12-31T18:00:00+01:00", "2027-06-30T18:00:00+02:00"
        steps = [
            step("create", "sales-new", None, state(sales, 10, ["VIEW", "AUTHOR", "PUBLISH"])),
            step("update", "sales-viewer", state(sales, 11, ["VIEW", "EXECUTE"]), state(sales, 11, ["VIEW"])),
            step("update", "sales-lead", state(sales, 12, ["VIEW"]), state(sales, 12, ["VIEW", "EXECUTE"])),
            step("delete", "finance-old", state(finance, 13, ["VIEW"]), None),
            step(
                "update",
                "finance-project",
                state(finance, 14, ["AUTHOR", "VIEW"], expires_at=sooner),
                state(finance, 14, ["AUTHOR", "VIEW"], expires_at=later),
            ),
            step("create", "dev-taken", None, state(places["dev", "Finance"], 15, ["VIEW"], adopt_existing=True)),
            step("create", "loader", None, {"inputs": robot}),
            step("create", "crew", None, mapping_state("nordlicht-crew", ["Operator"]), "RoleMapping"),
        ]
        for number, each in enumerate(steps):
            part = each.get("newState") or each["oldState"]
            part["stackTrace"] = [{"sourcePosition": f"project:///team_access.py#{12 + 7 * number}"}]
        rules = load_rules(ROOT / "examples" / "ci" / "review.toml")
        origin = Origin(NOW, "3f9c2d71a0b4e86f5d1c", "Anna Petersen")
        review, live = build_review(
            read_preview(document(*steps)),
            TenantAccess(client),
            address="https://api.eu.cloud.talend.com",
            origin=origin,
        )
        command = "talend-access review --stack prod --refresh --approve approvals/prod.json"
        found = results(rules, review, live)
        return replace(review, notes=()), Decision(found, "review.toml", has_to_match=True, command=command)


def picture(page: Path, to: Path, *, width: int, height: int, dark: bool) -> None:
    """Takes a picture of `page` in a window of that size, in CSS pixels."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"]
        flags += ["--disable-background-networking", f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        flags += [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
        command = [CHROMIUM, *flags, f"--screenshot={to}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> None:
    """Takes them all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "review.html"
        page.write_text(html_review(*example()), encoding="utf-8")
        for width, height in ((1280, 1690), (400, 3060)):
            for name, dark in (("light", False), ("dark", True)):
                picture(page, PICTURES / f"review-{width}-{name}.png", width=width, height=height, dark=dark)


if __name__ == "__main__":
    main()
