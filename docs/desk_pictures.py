"""Make the pictures of the desk in `docs/images` from a demonstration: `python -m docs.desk_pictures ADDRESS`.

`make demo` serves one. Each page is opened by the demonstration's login of the role that begins its day there.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.accounts.demonstration import PASSWORD, login_of
from app.accounts.roles import Role

IMAGES = Path(__file__).parent / "images"
PICTURES = {
    "desk-today": (Role.COORDINATOR, "demo/today/"),
    "desk-participant": (Role.COORDINATOR, "demo/participants/01-003"),
    "desk-corrections": (Role.INVESTIGATOR, "backtobasic/corrections/"),
    "desk-audit": (Role.DATA_MANAGER, "demo/audit/"),
    "desk-compliance": (Role.MONITOR, "backtobasic/compliance/"),
    "desk-people": (Role.ADMINISTRATOR, "backtobasic/people/"),
}
"""By name: whose page it is, and where it stands under /desk/."""
WIDTH, HEIGHT = 1180, 760


def main(base: str) -> None:
    """All the pictures of the desk."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (role, path) in PICTURES.items():
            page = _signed_in(browser, base, role)
            page.goto(f"{base}/desk/{path}")
            page.screenshot(path=IMAGES / f"{name}.png")
            page.context.close()
        browser.close()


def _signed_in(browser: Browser, base: str, role: Role) -> Page:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("[name=email]", login_of(role))
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/**")
    return page


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
