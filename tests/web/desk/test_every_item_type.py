"""Every type of item in every channel: the page without script, print, staff entry, the export and its codebook."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.exports.codebook import CodebookRow, codebook
from app.exports.dataset import dataset
from app.instruments.folders import read_files
from app.instruments.model import ItemType
from app.schedule.links import token
from app.schedule.models import Assessment
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from tests.exports.test_dataset import rows
from tests.factories import Browser, scheduled, user, visit
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.pages import page as shown
from tests.web.patient.test_rich_items import DOSE


class Case(NamedTuple):
    """How an item of a type is defined, typed, kept, drawn, printed, and called in the codebook."""

    definition: str
    typed: str
    kept: str
    drawn: str
    printed: str
    kind: str


BY_TYPE = {
    ItemType.CHOICE: Case(
        "options: [1, 2]", "2", "2", 'type="radio" name="all.choice" value="2"', "☐ Second", "integer"
    ),
    ItemType.NRS: Case("minimum: 0, maximum: 10", "7", "7", 'name="all.nrs" value="7"', "☐ 7", "integer"),
    ItemType.VAS: Case("minimum: 0, maximum: 100", "64", "64", 'name="all.vas"', "(0: None – 100: All)", "integer"),
    ItemType.YESNO: Case("", "1", "1", 'name="all.yesno" value="0"', "☐ Yes", "integer"),
    ItemType.TICKS: Case("group: listed", "1", "1", 'type="checkbox" name="all.ticks"', "☐ Asked ticks", "integer"),
    ItemType.RANK: Case("group: ranked", "1", "1", 'name="all.rank" value="1"', "☐ 1", "integer"),
    ItemType.NUMBER: Case(
        "minimum: 0, maximum: 9, decimals: 1", "2,5", "2.5", 'name="all.number"', "(0 – 9)", "decimal"
    ),
    ItemType.TEXT: Case("max_length: 40", "Ærlig <b>", "Ærlig <b>", 'name="all.text"', "______<br>______", "text"),
    ItemType.DATE: Case("", "2026-03-01", "2026-03-01", 'type="date" name="all.date"', "____________", "date"),
    ItemType.TIME: Case("", "7:05", "07:05", 'type="time" name="all.time"', "____________", "text"),
    ItemType.DURATION: Case("minimum: 0, maximum: 600", "1:30", "90", 'name="all.duration"', "____________", "integer"),
}
DEFINITION = "\n".join(
    [
        "code: all",
        'version: "1"',
        "groups: [{code: listed, layout: ticks}, {code: ranked, layout: ranking}]",
        "items:",
        *(
            f"  - {{code: {of}, type: {of}{', ' if case.definition else ''}{case.definition}}}"
            for of, case in BY_TYPE.items()
        ),
        "licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}",
    ]
)
ENDS = ", low: None, high: All"
MORE = {ItemType.CHOICE: ', options: {"1": First, "2": Second}', ItemType.NRS: ENDS, ItemType.VAS: ENDS}
WORDS = "\n".join(
    [
        'version: "1"',
        "demonstration: false",
        "source: Ours.",
        "title: All",
        "instruction: Answer.",
        "groups: {listed: Listed, ranked: Ranked}",
        'scales: {yesno: {"1": "Yes", "0": "No"}}',
        "items:",
        *(f"  {of}: {{text: Asked {of}{MORE.get(of, '')}}}" for of in BY_TYPE),
    ]
)
FACTS = {"mode": "paper", "answered_by": "herself", "answered_on": "2026-03-09", "scan": ""}


@pytest.fixture
def at_page(app: Flask, session: Session) -> Iterator[tuple[Browser, str, Assessment]]:
    """A coordinator, the address of a visit that asks every type, and the visit."""
    words = {f"wordings/{language}.yaml": f"language: {language}\n{WORDS}" for language in ("nb", "en")}
    install_folder(read_files("all", {"definition.yaml": DEFINITION, **words}), DOSE)
    text = SMALL.replace("[nrs_lbp_week]", "[all]").replace("first_dose", "first_infusion")
    protocol = install(text, DOSE, state=StudyState.DEMO)
    person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
    someone = user(protocol.study, Role.COORDINATOR)
    session.commit()
    with moved_clock(lambda: DOSE + timedelta(days=7, hours=5)):
        yield Browser(app, someone), f"/desk/small/participants/{person.code}/visits/d7/", visit(person, "d7")


def test_the_table_has_every_type() -> None:
    assert set(BY_TYPE) == set(ItemType)


def test_each_is_drawn_printed_typed_kept_and_exported(at_page: tuple[Browser, str, Assessment], app: Flask) -> None:
    browser, at, assessment = at_page
    page = shown(app.test_client().get(f"/a/{token(assessment)}"))
    paper, entry = browser.get(f"{at}paper").text, browser.get(f"{at}entry/").text
    assert [of for of, case in BY_TYPE.items() if case.drawn not in page] == []
    assert [of for of, case in BY_TYPE.items() if case.drawn not in entry] == []
    assert [of for of, case in BY_TYPE.items() if case.printed not in paper] == []
    typed = {f"all.{of}": case.typed for of, case in BY_TYPE.items()}
    assert browser.post(f"{at}entry/", **FACTS, **typed).status_code == 303
    kept = {of: case.kept for of, case in BY_TYPE.items()}
    data = dataset(assessment.participant.study, DOSE + timedelta(days=8))
    assert {row["item"]: row["value"] for row in rows(data, "answers")} == kept
    lines = [CodebookRow(*row) for row in codebook(data).rows]  # type: ignore[arg-type]
    kinds = {line.item: line.type for line in lines if (line.table, line.instrument) == ("answers", "all")}
    assert kinds == {of: case.kind for of, case in BY_TYPE.items()}
