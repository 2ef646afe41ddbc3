"""Many are enrolled from a file at the desk: checked first, then what was checked, once, by whoever checked it."""

import html
import io
import logging
import re
from datetime import timedelta
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.kept_forms import LASTS
from app.accounts.models import KeptForm
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.import_files import LIST_COLUMNS
from app.participants.models import Participant
from app.request_size import LARGEST_BODY
from app.studies.access import join
from app.studies.models import StudyState
from app.web.desk.upload import COLUMN_MEANINGS, MOST_ERRORS, MOST_ROWS
from tests.factories import NOW, Browser, backtobasic, user
from tests.web.desk.desks import PEOPLE, Desk
from tests.web.desk.test_whole_desk import ENGLISH, Words

PAGE = f"{PEOPLE}upload/"
HEAD = "site,phone,consent,enrolled_on,code,name,zone"
FIRST, SECOND = "01,40612345,1.0,2026-02-20,01-007,Kari Kanari,", "01,40612346,1.0,2026-02-21,,,"
LIST = f"{HEAD}\n{FIRST}\n{SECOND}\n"
GONE = "This list is kept no longer"


@pytest.fixture
def desk(coordinators_desk: Desk) -> Desk:
    """A coordinator of site 01."""
    return coordinators_desk


def checked(browser: Browser, content: str | bytes, name: str = "people.csv") -> TestResponse:
    sent = content.encode() if isinstance(content, str) else content
    return browser.post(PAGE, file=(io.BytesIO(sent), name))


def place_of(answer: TestResponse) -> str:
    """Where the list lies that was checked."""
    assert answer.status_code == 200, answer.text
    kept = re.search(r'name="_list" value="(\d+)"', answer.text)
    assert kept is not None
    return kept[1]


def said_yes(browser: Browser, place: str, page: str = PAGE) -> TestResponse:
    return browser.post(f"{page}enrolment", _list=place)


def codes(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Participant.code).order_by(Participant.code)))


def cells(answer: TestResponse) -> list[list[str]]:
    """The table's rows, in words."""
    table = answer.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in table.split("</tr>")]
    return [[html.unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row] for row in rows if row]


def english_in(answer: TestResponse) -> list[str]:
    """What a page in Bokmål says in English."""
    return [words for words in Words(answer.text).said if ENGLISH.search(words)]


def test_the_page_names_each_column_and_stands_beside_the_list_of_people(desk: Desk) -> None:
    assert 'href="/desk/backtobasic/participants/upload/"' in desk.page("participants/")
    named = [row[0] for row in cells(desk.browser.get(PAGE))]
    unused = {"email", "channel", "birth_year"}  # this study writes no e-mails, and asks for no year
    assert named == [column for column in LIST_COLUMNS if column not in unused]
    assert list(COLUMN_MEANINGS) == list(LIST_COLUMNS)


@pytest.mark.parametrize(("language", "delimiter"), [("en", ","), ("nb", ";")])
def test_the_file_to_begin_with_is_read_and_enrols_nobody_as_it_stands(
    desk: Desk, language: str, delimiter: str
) -> None:
    desk.member.language = language
    desk.session.commit()
    sample = desk.browser.get(f"{PAGE}sample.csv")
    assert (sample.mimetype, sample.text.split("\n")[0].count(delimiter) > 3) == ("text/csv", True)
    assert [row[:2] for row in cells(checked(desk.browser, sample.data))] == [["2", "phone"]]


def test_what_was_checked_is_enrolled_by_me_and_nothing_before_i_say_so(desk: Desk) -> None:
    answer = checked(desk.browser, LIST)
    assert "people.csv is in order. Nothing is stored yet." in answer.text
    assert "2 people would be enrolled." in answer.text
    assert cells(answer) == [["2", "01", "is enrolled"], ["3", "01", "is enrolled"]]
    assert codes(desk.session) == []
    done = said_yes(desk.browser, place_of(answer))
    assert (done.status_code, done.location) == (303, PEOPLE)
    assert "2 people are enrolled." in html.unescape(desk.browser.get(PEOPLE).text)
    assert codes(desk.session) == ["01-007", "01-008"]
    person = desk.session.scalars(select(Participant).filter_by(code="01-007")).one()
    assert (person.contact.phone, person.contact.name) == ("+4740612345", "Kari Kanari")
    entries = desk.session.scalars(select(AuditEntry).filter_by(table_name="identifiers.contacts")).all()
    assert {(entry.actor, entry.reason) for entry in entries} == {(f"user:{desk.member.id}", "enrolled from a file")}


def test_meanwhile_the_list_lies_closed_and_stands_in_no_page_no_log_and_no_trail(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = checked(desk.browser, LIST)
    place = place_of(answer)
    desk.session.rollback()
    kept = desk.session.get_one(KeptForm, int(place))
    assert said_yes(desk.browser, place).status_code == 303
    wrong = checked(desk.browser, LIST.replace("40612345", "406123"))
    assert wrong.status_code == 400
    trail = [f"{entry.old} {entry.new}" for entry in desk.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    for secret in ("40612346", "Kanari"):
        assert secret.encode() not in kept.content_sealed
        assert secret not in f"{answer.text} {caplog.text} {trail}"
    assert "people.csv" not in caplog.text


def test_the_same_file_again_changes_nothing_and_says_who_each_row_is(desk: Desk) -> None:
    said_yes(desk.browser, place_of(checked(desk.browser, LIST)))
    again = checked(desk.browser, f"{LIST}\n{SECOND}\n01,40612347,1.0,2026-02-22,,,\n01,40612347,1.0,2026-02-22,,,\n")
    assert "One person would be enrolled." in again.text
    assert "2 are there already, and stay as they are." in again.text
    assert [row[0] + row[2] for row in cells(again)] == [
        "2is there already: 01-007",
        "3is there already: 01-008",
        "5is there already: 01-008",
        "6is enrolled",
        "7the same person as in an earlier row",
    ]
    same = checked(desk.browser, LIST)
    assert "Nobody on it is new." in same.text
    assert "<button" not in same.text.partition("<h1>")[2]


def test_a_list_is_enrolled_once_however_often_the_button_is_pressed(desk: Desk) -> None:
    place = place_of(checked(desk.browser, LIST))
    assert said_yes(desk.browser, place).status_code == 303
    again = said_yes(desk.browser, place)
    assert (again.status_code, GONE in again.text) == (409, True)
    assert codes(desk.session) == ["01-007", "01-008"]


def test_who_was_enrolled_by_somebody_else_meanwhile_stays_as_she_is_and_is_told_of(desk: Desk) -> None:
    place = place_of(checked(desk.browser, LIST))
    assert desk.enrol(code="01-007", enrolled_on="2026-02-20", name="Kari").status_code == 303
    desk.browser.get(PEOPLE)
    assert said_yes(desk.browser, place).status_code == 303
    page = html.unescape(desk.browser.get(PEOPLE).text)
    assert "One person is enrolled." in page
    assert "One more was to be: she has been enrolled since the list was checked, and stays as she is." in page
    assert codes(desk.session) == ["01-007", "01-008"]


def test_what_does_not_fit_any_more_enrols_nobody_and_can_be_tried_again(desk: Desk) -> None:
    place = place_of(checked(desk.browser, LIST))
    assert desk.enrol(code="01-007", phone="406 99 999").status_code == 303
    refused = said_yes(desk.browser, place)
    assert (refused.status_code, [row[:2] for row in cells(refused)]) == (
        400,
        [["2", "enrolled_on"], ["2", "phone"]],
    )
    assert codes(desk.session) == ["01-007"]
    assert said_yes(desk.browser, place).status_code == 400


ROWS = {
    "02,40612345,1.0,2026-02-20,,,": ["site"],
    "01,12,1.0,2026-02-20,,,": ["phone"],
    "01,40612348,,20.02.2026,,,": ["enrolled_on"],
    "01,40612348,,2026-02-20,,,": ["consent"],
    "01,40612348,1.0,2027-02-20,02-500,,": ["enrolled_on", "code"],
    "01,40612348,1.0,2026-02-20,01-5-ø,,": ["code"],
    f"01,40612348,1.0,2026-02-20,,{'x' * 201},": ["name"],
    "01,40612348,1.0,2026-02-20,,,Mars/Olympus": ["zone"],
    "01,40612349,1.0,2026-02-20,01-007,,": ["phone"],
    "01,40612345,1.0,2026-02-19,,,": ["phone"],
    "01,40612348,1.0,2026-02-20,,Kari,Europe/Oslo,Nordmann": ["–"],
}


@pytest.mark.parametrize("language", ["en", "nb"])
@pytest.mark.parametrize("row", ROWS)
def test_what_is_wrong_is_said_by_row_and_column_in_my_language_and_nobody_is_enrolled(
    desk: Desk, row: str, language: str
) -> None:
    desk.member.language = language
    desk.session.commit()
    answer = checked(desk.browser, f"{LIST}{row}\n")
    assert answer.status_code == 400
    assert [each[:2] for each in cells(answer)] == [["4", column] for column in ROWS[row]]
    if language == "nb":
        assert english_in(answer) == []
    assert codes(desk.session) == []
    assert desk.session.scalar(select(func.count(KeptForm.id))) == 0


FILES: dict[str, tuple[bytes, str]] = {
    "is empty": (b"", "people.csv"),
    "not UTF-8": ("site;Åse".encode("latin-1"), "people.csv"),
    "no XLSX": (b"no workbook", "people.xlsx"),
    "The list has no such column.": (b"site,phone,consent,enrolled_on,arm\n", "people.csv"),
    "Import at most 500 at a time.": (f"{HEAD}\n{SECOND}".encode() + b"\n01,1,1,1,,," * 10_000, "people.csv"),
    "nobody stands below": (f"{HEAD}\n".encode(), "people.csv"),
    "Choose a file first.": (b"", ""),
}


@pytest.mark.parametrize("sentence", FILES)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(desk: Desk, sentence: str) -> None:
    content, name = FILES[sentence]
    answer = checked(desk.browser, content, name)
    assert (answer.status_code, sentence in html.unescape(answer.text)) == (400, True)
    assert 'type="file"' in answer.text


def test_a_long_list_of_mistakes_is_cut_and_says_so(desk: Desk) -> None:
    answer = checked(desk.browser, f"{HEAD}\n" + "01,12,1.0,2026-02-20,,,\n" * (MOST_ERRORS + 7))
    assert (len(cells(answer)), "7 more are not shown." in answer.text) == (MOST_ERRORS, True)
    assert MOST_ERRORS < MOST_ROWS


def test_a_file_never_lies_on_a_disk_and_one_that_is_too_large_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_disk(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a file was made")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", on_disk)
    large = LIST + "\n" * 480_000
    assert "2 people would be enrolled." in checked(desk.browser, large).text
    body = b"x" * (LARGEST_BODY + 1)
    larger = desk.browser.client.post(PAGE, data=body, content_type="multipart/form-data; boundary=b")
    assert (larger.status_code, "What was sent is too large: at most 512 kB at a time." in larger.text) == (413, True)


def test_a_list_is_hers_who_checked_it_in_that_study_for_half_an_hour(app: Flask, desk: Desk) -> None:
    place = place_of(checked(desk.browser, LIST))
    other = backtobasic(code="other")
    colleague = user(desk.protocol.study, Role.COORDINATOR, "01")
    join(desk.member, other.study, Role.COORDINATOR)
    desk.session.commit()
    elsewhere = PAGE.replace("backtobasic", "other")
    for browser, page in ((Browser(app, colleague), PAGE), (desk.browser, elsewhere)):
        answer = said_yes(browser, place, page)
        assert (answer.status_code, GONE in answer.text) == (409, True)
    with moved_clock(lambda: NOW + LASTS):
        answer = said_yes(Browser(app, desk.member), place)
        assert (answer.status_code, GONE in answer.text) == (409, True)
    assert codes(desk.session) == []
    with moved_clock(lambda: NOW + LASTS - timedelta(seconds=1)):
        assert said_yes(Browser(app, desk.member), place).status_code == 303


@pytest.mark.parametrize(("place", "status"), [("", 409), ("x", 409), ("-1", 409), (str(2**70), 400)])
def test_what_is_no_place_is_no_error_of_ours(desk: Desk, place: str, status: int) -> None:
    assert said_yes(desk.browser, place).status_code == status


@pytest.mark.parametrize("state", [StudyState.RECRUITING_STOPPED, StudyState.CLOSED, StudyState.LOCKED])
def test_a_study_that_enrols_nobody_says_so_at_each_step(desk: Desk, state: StudyState) -> None:
    place = place_of(checked(desk.browser, LIST))
    desk.protocol.study.state = state
    desk.session.commit()
    for answer in (desk.browser.get(PAGE), checked(desk.browser, LIST), said_yes(desk.browser, place)):
        assert (answer.status_code, "backtobasic" in answer.text) == (409, True)
    assert codes(desk.session) == []


def test_who_may_not_enrol_has_no_such_page(app: Flask, desk: Desk) -> None:
    monitor = user(desk.protocol.study, Role.MONITOR)
    desk.session.commit()
    browser = Browser(app, monitor)
    assert "upload/" not in browser.get(PEOPLE).text
    assert [answer.status_code for answer in (browser.get(PAGE), checked(browser, LIST))] == [403, 403]


def test_in_bokmal_each_page_speaks_bokmal(desk: Desk) -> None:
    desk.member.language = "nb"
    desk.session.commit()
    begun, answer = desk.browser.get(PAGE), checked(desk.browser, LIST)
    said_yes(desk.browser, place_of(answer))
    assert "2 personer er inkludert." in desk.browser.get(PEOPLE).text
    for page in (begun, answer, checked(desk.browser, LIST), said_yes(desk.browser, "1")):
        assert english_in(page) == []
