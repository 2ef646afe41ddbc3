"""A second click that was meant for the page before neither signs nor confirms."""

import pytest

from app.accounts.roles import Role
from tests.browser.conftest import until
from tests.browser.test_desk_journeys import Desks, at_work, desk

__all__ = ["at_work", "desk"]
pytestmark = pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")
HELD = "window.tick = 0; performance.now = () => window.tick"
PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => setTimeout(() => done(true)))))"


def test_what_signs_waits_700_ms_from_when_its_page_is_painted(desk: Desks) -> None:
    """The page's own time is held still, and moved by so many milliseconds."""
    page = desk(Role.INVESTIGATOR).page
    page.add_init_script(HELD)
    page.goto(f"{page.url.split('/desk')[0]}/desk/backtobasic/participants/01-001/sign-off")
    until(page, PAINTED)
    sent = page.evaluate(
        """(moments) => {
            const form = document.querySelector("form[data-final]");
            let count = 0;
            form.addEventListener("submit", (event) => { count += 1; event.preventDefault(); });
            return moments.map((tick) => { window.tick = tick; form.querySelector("button").click(); return count; });
        }""",
        [0, 300, 699, 700],
    )
    assert sent == [0, 0, 0, 1]
