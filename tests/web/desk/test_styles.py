"""What a page of the desk fetches is small, ours, and coloured by our tokens alone."""

import gzip
import re
from pathlib import Path

from tests.web.desk.desks import Desk

STATIC = Path(__file__).parents[3] / "app" / "static"
TEMPLATES = STATIC.parent / "templates"
STYLES = ("bootstrap.css", "svar.css", "desk.css")
TOKENS = ("ink", "paper", "quiet", "line", "accent", "good", "care", "alarm", "focus")


def weight(*names: str) -> int:
    """So many bytes on the line."""
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


def test_styles_and_script_of_the_desk_are_light(desk: Desk) -> None:
    page = desk.page("today/")
    fetched = re.findall(r"/static/([\w.]+)", page)
    assert sorted(fetched) == sorted([*STYLES, "desk.js", "htmx.js"])
    assert weight(*STYLES) < 45_000
    assert weight("desk.js", "htmx.js") < 20_000


def test_the_list_of_today_alone_is_fetched_anew_in_its_place_and_nothing_is_evaluated(desk: Desk) -> None:
    page = desk.page("today/?part=now")
    assert '"allowEval": false' in page
    assert 'hx-get="/desk/backtobasic/today/?page=1&amp;part=now" hx-trigger="every 120s"' in page
    assert "htmx" not in desk.page("participants/")
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE").read_text("utf-8")


def test_bootstrap_is_there_with_its_licence_and_without_its_script() -> None:
    assert "Licensed under MIT" in (STATIC / "bootstrap.css").read_text("utf-8")[:300]
    assert "MIT" in (STATIC / "bootstrap.LICENSE").read_text("utf-8")
    assert [file.name for file in STATIC.glob("*bootstrap*.js")] == []


def test_bootstraps_colours_are_set_to_our_tokens_in_light_and_dark() -> None:
    text = (STATIC / "svar.css").read_text("utf-8")
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    for token in TOKENS:
        assert f"--{token}: #" in light
        assert f"--{token}: #" in dark or token == "focus"
    own = re.findall(r"(--bs-[\w-]*(?:color|bg|primary)): ([^;]+);", text)
    assert len(own) > 8
    assert [(name, value) for name, value in own if not value.startswith("var(--") and value != "transparent"] == []


def test_each_list_is_cards_on_a_telephone_but_for_tables_of_figures() -> None:
    pages = sorted((TEMPLATES / "desk").rglob("*.html"))
    wide = [
        page.name
        for page in pages
        for kind in re.findall(r'<table class="([^"]*)"', page.read_text("utf-8"))
        if "cards" not in kind
    ]
    assert wide == ["ledger.html", "ledger.html", "messages.html", "overview.html"]
