"""Make the pictures of the patient's screens in `docs/images`: `python -m docs.screenshots`.

Draws the pages as patients get them, from the example protocol's day 154, without a database. Needs Playwright
(requirements-dev.txt) and Debian's chromium.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from app import create_app
from app.instruments import instrument
from app.studies.protocol import Protocol, read_protocol
from app.web.patient.page import page
from app.web.patient.proof import QUICK
from app.web.patient.visit import Frame, VisitContent, draw

ROOT = Path(__file__).parent
IMAGES = ROOT / "images"
PROTOCOL = ROOT.parent / "examples" / "backtobasic" / "protocol.yaml"
SCREENS = {
    "patient-start": ("", "light"),
    "patient-choice": ("odi.walking", "light"),
    "patient-nrs": ("nrs_lbp.worst", "light"),
    "patient-nrs-dark": ("nrs_lbp.worst", "dark"),
    "patient-vas": ("eq5d5l.vas", "light"),
    "patient-ticks": ("medication.medicines", "light"),
    "patient-review": ("review", "light"),
}
ON_SCREEN = "document.querySelector('section:not(#start) > .q.on')?.id"
SAVED = """
(begun) => {
  const line = document.getElementById('saved');
  if (line && begun) { line.className = 'kept'; line.textContent = line.dataset.server.replace('{t}', '14:02'); }
}
"""
"""The line as it is with a server, which these pages have not."""


def main() -> None:
    """All the pictures."""
    IMAGES.mkdir(exist_ok=True)
    figure = ROOT.parent / "var" / "rehearsal" / "primary.svg"
    if figure.exists():
        shutil.copy(figure, IMAGES)
    with tempfile.TemporaryDirectory() as folder:
        pages = _pages(Path(folder))
        _shoot_all(pages)


def _shoot_all(pages: dict[str, Path]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (field, scheme) in SCREENS.items():
            _shoot(browser, pages["visit"], name, field, scheme)
        _shoot(browser, pages["received"], "patient-received", "", "light")
        browser.close()


def _pages(folder: Path) -> dict[str, Path]:
    app = create_app()
    plan = read_protocol(PROTOCOL.read_text("utf-8"))
    frame = Frame(
        "en", (("nb", "Norsk"),), plan.site("01").sender["en"], plan.site("01").phone, plan.urgent_help["en"], True
    )
    documents = {"visit": _visit(app, plan, frame), "received": _received(app, frame)}
    paths = {name: folder / f"{name}.html" for name in documents}
    for name, document in documents.items():
        paths[name].write_bytes(document)
    return paths


def _visit(app: Flask, plan: Protocol, frame: Frame) -> bytes:
    visit = plan.visit("d154")
    asked = VisitContent(frame, visit.minutes, plan.answers, "", visit.instruments, ())
    with app.test_request_context():
        instruments = tuple(instrument(code) for code in visit.instruments)
        return draw(asked, instruments, values={}, errors={}).plain


def _received(app: Flask, frame: Frame) -> bytes:
    with app.test_request_context():
        shown: dict[str, Any] = {"frame": frame, "title": "Thank you", "at": "Monday 3 August, 14:02", "help": ""}
        return page("received.html", {**shown, "coming": "The next questions come on Saturday 21 November."}).plain


def _shoot(browser: Browser, document: Path, name: str, field: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, device_scale_factor=2)  # type: ignore[arg-type]
    screen = context.new_page()
    screen.add_init_script(QUICK)
    screen.goto(document.as_uri())
    if field:
        screen.click("#next")
    while field and (seen := screen.evaluate(ON_SCREEN)) not in (field, None):
        screen.locator(f"[id='{seen}'] label").nth(
            1 if screen.locator(f"[id='{seen}'] label").count() > 1 else 0
        ).click()
        screen.click("#next")
        if screen.evaluate(ON_SCREEN) == seen:
            screen.click("#next")
    if field in ("odi.walking", "nrs_lbp.worst"):
        screen.locator(f"[id='{field}'] label").nth(2).click()
    if field == "eq5d5l.vas":
        screen.get_by_role("slider").click(position={"x": 20, "y": 90})
    screen.wait_for_timeout(500)
    screen.evaluate(SAVED, bool(field))
    screen.screenshot(path=IMAGES / f"{name}.png")
    context.close()


if __name__ == "__main__":
    os.environ.setdefault("SVAR_INSTANCE", str(ROOT.parent / "instance"))
    main()
