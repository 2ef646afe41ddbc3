"""Every page of the desk is walked over: each opens, and none shows what is nobody's to read there."""

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.exports import contents
from app.exports.nightly import export_snapshot
from app.permitting import asked_by
from app.studies.installing import study
from app.web.staff.access import PUBLIC
from tests.factories import NOW, Browser, user
from tests.web.desk.whole import (
    ANSWERED,
    FILES,
    HER,
    NAME,
    NUMBER,
    PAGES,
    UNKNOWN_NUMBER,
    WORDS,
    WholeDesk,
    address,
    whole_desk,
)
from tests.web.test_language import catalogue

OF_THE_LIBRARY = "security."
"""Pages of signing in: they are before the desk, and `tests/browser` looks at them by themselves."""
MOVED, NOT_MADE = ("/desk/",), ("report/report.html",)
ABOUT_HER = (HER, ANSWERED, "today/tasks/", "messages/1", "corrections/1", "corrections/responses/")
"""Of one participant, or of something of hers: all of them are of site 01."""
OF_PROGRAMS = ("api.", "former_api.", "api_reference.")


@pytest.fixture
def whole(app: Flask, session: Session) -> Iterator[WholeDesk]:
    with moved_clock(lambda: NOW):
        made = whole_desk()
        session.commit()
        yield made


def asks(app: Flask, endpoint: str) -> Permission | None:
    """The permission that a page asks for; nothing where being signed in is enough."""
    permission = asked_by(app.view_functions[endpoint])
    return permission if isinstance(permission, Permission) else None


def is_of_the_desk(rule: Rule) -> bool:
    return not rule.endpoint.startswith((OF_THE_LIBRARY, *OF_PROGRAMS)) and rule.endpoint not in PUBLIC


def test_every_page_and_file_of_the_map_is_on_the_list(app: Flask) -> None:
    shown = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and is_of_the_desk(rule)
    }
    assert shown - {"desk.former"} == set(PAGES) | set(FILES)


MAY_STAND = {("all roles", "desk_visit.link", "link")}
"""Where one of them is what the page is for: the address that is given to her on paper or on the clinic's tablet."""


@pytest.fixture
def nights_of_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files of a night hold the same, and take most of its time."""
    for further in ("codebook_pages", "quality_pages", "labelled_files", "loaders", "standard_files"):
        assert callable(getattr(contents, further))
        monkeypatch.setattr(contents, further, lambda *_: iter(()))


def hidden(whole: WholeDesk) -> dict[str, str]:
    """What is looked for, by what it is called here."""
    of_people = {"name": NAME, "number": NUMBER[3:], "unknown number": UNKNOWN_NUMBER[3:], "words": WORDS}
    return of_people | {"link": whole.link, "invitation": whole.invitation, "token": whole.program_token}


def test_every_page_opens_and_none_shows_a_name_a_number_a_token_or_what_she_wrote(
    app: Flask, session: Session, whole: WholeDesk, nights_of_tables: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Also for who has every role: whoever has fewer is shown less (`tests/web/staff/test_access.py`)."""
    caplog.set_level(logging.DEBUG)
    export_snapshot(study("backtobasic"), NOW)
    all_roles, elsewhere = session.get_one(User, 1), user(study("backtobasic"), Role.COORDINATOR, "02")
    read, status, expected = {}, {}, {}
    for role, browser in ((None, Browser(app, all_roles)), (Role.COORDINATOR, Browser(app, elsewhere))):
        for endpoint, path in (PAGES | FILES).items():
            with closing(browser.get(address(path))) as answer:
                read[role or "all roles", endpoint], status[role, endpoint] = in_full(answer), answer.status_code
            expected[role, endpoint] = what_is_due(app, role, endpoint, path)
    assert status == expected
    trail = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    read["anybody", "audit"] = "\n".join(f"{entry.old} {entry.new} {entry.reason}" for entry in trail)
    read["anybody", "log"] = caplog.text
    assert {(*place, what) for place, text in read.items() for what in stands(text, whole)} == MAY_STAND


def what_is_due(app: Flask, role: Role | None, endpoint: str, path: str) -> int:
    """The status for who has every role; or for who has this one at a site where none of these people is."""
    permission = asks(app, endpoint)
    if role is not None and permission is not None and permission not in GRANTS[role]:
        return 403
    if path in MOVED or path in NOT_MADE or (role is not None and path.startswith(ABOUT_HER)):
        return 302 if path in MOVED else 404
    return 200


def in_full(answer: TestResponse) -> str:
    """Its words; of an archive, those of every file."""
    if answer.mimetype != "application/zip":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return "\n".join(archive.read(name).decode("latin-1") for name in archive.namelist())


def stands(text: str, whole: WholeDesk) -> list[str]:
    """Which of them are in this text, a number also as it is written in groups."""
    plain = text.replace(" ", "").lower()
    return [what for what, canary in hidden(whole).items() if canary.replace(" ", "").lower() in plain]


ENGLISH = re.compile(
    r"\b(the|of|is|are|was|were|not|its|with|this|until|last|none|where|who|which|has|have)\b", re.IGNORECASE
)
"""Words that no Norwegian sentence has."""
IN_ONE_LANGUAGE = ("desk_audit.listing", "preview.page", "preview.show", "preview.bench", "desk.begin")
"""The trail, which is the same for every reader, and what is written in the language of a questionnaire."""
THEIR_OWN = (
    "The nightly copy", "04 University Hospital of North Norway, Tromsø", "She chose the line above.",
    "Note of 4 February", "a browser of the tests",
    "I have compared this change with its source, and I approve it.",
    "I have compared this change with its source, and I refuse it.",
)  # fmt: skip
"""What somebody gave as a name or a reason; and what a signature means, which is signed in one language."""


class Words(HTMLParser):
    """What a page says itself: its text, and what is read aloud; not what stands there in a language of its own."""

    READ = ("aria-label", "placeholder", "alt", "data-head")
    VOID = ("br", "img", "input", "link", "meta", "hr", "col", "use", "path", "line", "rect", "circle", "polyline")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self._within: list[bool] = []
        self.feed(page.partition("<main")[2].partition(">")[2].partition("</main")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = "lang" in given or tag in ("script", "style", "code", "textarea", "blockquote")
        if tag not in self.VOID:
            self._within.append(silent)
        self.said |= {str(given[name]) for name in self.READ if given.get(name) and not any(self._within)}

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._within:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._within):
            self.said.add(" ".join(data.split()))


def test_no_page_of_the_desk_says_in_bokmal_what_it_says_in_english(
    app: Flask, session: Session, whole: WholeDesk
) -> None:
    """What stands on both is data, unless the catalogue has other words for it or it is an English sentence."""
    member = session.get_one(User, 1)
    browser, said, bokmal = Browser(app, member), {}, catalogue("nb")
    for member.language in ("en", "nb"):
        session.commit()
        for endpoint, path in PAGES.items():
            if endpoint not in IN_ONE_LANGUAGE:
                said[member.language, endpoint] = Words(browser.get(address(path)).text).said
    alike = {(endpoint, each) for language, endpoint in said for each in said["en", endpoint] & said["nb", endpoint]}
    wrong = {
        (endpoint, each) for endpoint, each in alike if " " in each and ENGLISH.search(each) and each not in THEIR_OWN
    }
    wrong |= {
        (endpoint, each)
        for endpoint, each in alike
        if (message := bokmal.get(each)) and message.string not in ("", each)
    }
    assert wrong == set()
