"""What programs get and send about people, visits and events."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.models import Participant
from app.schedule.compliance import compliance
from app.schedule.models import Assessment
from app.studies.models import Study
from tests.api.asking import BODY, NEW_PHONE, S, refused
from tests.api.conftest import Programs
from tests.exports.builders import NAME, PHONE
from tests.exports.conftest import NOW


def test_compliance_is_the_books(program: Programs, study: Study) -> None:
    given = program(Role.MONITOR).get(f"{S}/compliance").json
    assert given is not None
    books = compliance(study, NOW)
    assert (given["as_of"], given["sites"]) == ("2026-04-07T09:00:00Z", ["01", "02", "03", "04", "05"])
    assert given["visits"][:3] == ["d0", "d7", "d14"]
    assert sum(cell["planned"] for cell in given["cells"]) == books.total().planned == 54
    (d28,) = [cell for cell in given["cells"] if cell["visit"] == "d28"]
    assert d28 == {
        "visit": "d28", "site": "01", "planned": 3, "expected": 0, "answered": 0, "on_time": 0, "share": None,
            "answered_so_far": 1, "asked_so_far": 2,
        "states": {"completed": 1, "open": 1, "withdrawn": 1},
    }  # fmt: skip


def test_participants_come_in_pages_without_identifiers(program: Programs) -> None:
    monitor = program(Role.MONITOR)
    page = monitor.get(f"{S}/participants?limit=2&offset=1")
    assert page.json is not None
    assert ([each["participant"] for each in page.json["items"]], page.json["total"]) == (["01-003", "01-010"], 3)
    assert PHONE not in page.text
    assert NAME not in page.text
    participant = monitor.get(f"{S}/participants/01-003").json
    assert participant == {
        "participant": "01-003", "site": "01", "language": "nb", "zone": "Europe/Oslo", "enrolled_on": "2026-02-01",
        "randomised_on": "2026-02-20", "withdrawn_at": "2026-03-20T09:00:00Z",
        "events": [
            {"kind": "randomisation", "state": "happened", "on": "2026-02-20", "at": "2026-02-20T11:00:00Z",
             "recorded_at": "2026-03-02T10:30:00Z"},
            {"kind": "first_infusion", "state": "happened", "on": "2026-03-02", "at": "2026-03-02T10:30:00Z",
             "recorded_at": "2026-03-02T10:30:00Z"},
        ],
    }  # fmt: skip


def test_assessments_are_filtered(program: Programs) -> None:
    monitor = program(Role.MONITOR)

    def listed(query: str) -> list[tuple[str, str, str]]:
        page = monitor.get(f"{S}/assessments?{query}").json
        assert page is not None
        return [(each["participant"], each["visit"], each["state"]) for each in page["items"]]

    assert len(listed("")) == 54
    assert listed("state=open") == [("01-002", "d28", "open"), ("01-002", "d35", "open"), ("01-010", "d35", "open")]
    assert listed("visit=d0&participant=01-002") == [("01-002", "d0", "late")]
    assert listed("site=02") == []
    assert listed("limit=1&offset=53") == [("01-010", "d278", "not_due")]


@pytest.mark.parametrize("limit", [1, 7, 53, 54, 500])
@pytest.mark.parametrize("query", ["", "&visit=d28", "&participant=01-003", "&state=missed"])
def test_pages_follow_each_other_without_gap_or_double(program: Programs, limit: int, query: str) -> None:
    monitor = program(Role.MONITOR)
    whole = monitor.get(f"{S}/assessments?limit=5000{query}").get_json()
    lines, after = [], ""
    while True:
        page = monitor.get(f"{S}/assessments?limit={limit}{query}{after}").get_json()
        assert (page["total"], len(page["items"]) <= limit) == (whole["total"], True)
        lines += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert lines == whole["items"]
    assert [line["participant"] for line in lines] == sorted(line["participant"] for line in lines)


@pytest.mark.parametrize(
    "after", ["x", "%00", "W10", "e30", "bnVsbA", "WzEsMiwzXQ", "WyJhIiwxLCIxIl0", "WyJhIiwxLC0xXQ"]
)
def test_a_place_that_was_not_given_out_is_refused(program: Programs, after: str) -> None:
    assert refused(program(Role.MONITOR).get(f"{S}/assessments?after={after}")) == "after"


def test_a_wrong_question_is_explained(program: Programs) -> None:
    monitor = program(Role.MONITOR)
    questions = ("state=lost", "limit=0", "limit=x", "offset=-1", "colour=red", "visit=%00", f"limit={10**14}")
    for question in questions:
        assert refused(monitor.get(f"{S}/assessments?{question}")) == question.split("=")[0], question


def test_enrolment_gives_the_pseudonym_and_keeps_the_number(program: Programs, session: Session) -> None:
    answer = program(Role.COORDINATOR).post(f"{S}/participants", BODY | {"language": "en"})
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    assert (answer.json["participant"], answer.json["language"], answer.json["events"]) == ("01-011", "en", [])
    assert NEW_PHONE[3:] not in answer.text
    kept = session.scalars(select(Participant).filter_by(code="01-011")).one()
    assert (kept.contact.phone, kept.contact.name) == (NEW_PHONE, NAME)


def test_the_same_enrolment_twice_is_refused_by_its_code(program: Programs) -> None:
    coordinator = program(Role.COORDINATOR)
    answers = [coordinator.post(f"{S}/participants", BODY | {"code": "01-500"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


WRONG_ENROLMENTS: list[tuple[dict[str, Any], str]] = [
    ({"phone": "22 22 22 22"}, "phone"),
    ({"phone": 98765432}, "phone"),
    ({"site": "09"}, "site"),
    ({"enrolled_on": "07.04.2026"}, "enrolled_on"),
    ({"enrolled_on": "2027-01-01"}, "enrolled_on"),
    ({"language": "de"}, "language"),
    ({"zone": "Europe/Nowhere"}, "zone"),
    ({"abroad": "yes"}, "abroad"),
    ({"abroad": 1}, "abroad"),
    ({"code": "01-\u0000"}, "code"),
    ({"code": "02-001"}, "code"),
    ({"name": "x" * 201}, "name"),
    ({"arm": "A"}, "arm"),
    ({"consent": ""}, "consent"),
    ({"birth_year": "1979"}, "birth_year"),  # this protocol does not ask for it
    ({"birth_year": 1979}, "birth_year"),
]


def test_a_wrong_enrolment_names_the_field_and_stores_nothing(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    for change, wrong in WRONG_ENROLMENTS:
        assert refused(coordinator.post(f"{S}/participants", BODY | change)) == wrong, change
    no_objects: list[object] = [None, [], "text", 3]
    for sent in no_objects:
        assert "JSON object" in coordinator.post(f"{S}/participants", sent).text
    deep: dict[str, Any] = {"data": "[" * 100_000, "content_type": "application/json"}
    with moved_clock(lambda: NOW):
        answer = coordinator.client.post(f"/api/v1{S}/participants", headers=coordinator.headers, **deep)
    assert (answer.status_code, "JSON object" in answer.text) == (400, True)
    assert len(session.scalars(select(Participant)).all()) == 3


@pytest.mark.parametrize("twice", ["limit=1&limit=2", "state=open&state=missed", "limit=1&limit=1"])
def test_what_an_address_asks_twice_is_refused_by_its_name(program: Programs, twice: str) -> None:
    answer = program(Role.COORDINATOR).get(f"{S}/assessments?{twice}")
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == {twice.split("=")[0]: "This is given twice."}


def test_an_enrolment_with_two_numbers_is_refused_and_stores_nothing(program: Programs, session: Session) -> None:
    someone, before = program(Role.COORDINATOR), session.scalar(select(func.count(Participant.id)))
    content = json.dumps(BODY)[:-1] + ', "phone": "+4740655599"}'
    with moved_clock(lambda: NOW):
        answer = someone.client.post(
            f"/api/v1{S}/participants", headers=someone.headers, data=content, content_type="application/json"
        )
    assert (answer.status_code, "“phone” is named twice" in answer.get_json()["detail"]) == (400, True)
    assert "40655599" not in answer.text
    assert session.scalar(select(func.count(Participant.id))) == before


def test_events_move_the_schedule(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    coordinator.post(f"{S}/participants", BODY | {"code": "01-500"})
    path = f"{S}/participants/01-500/events"
    planned = {"kind": "first_infusion", "state": "planned", "on": "2026-04-20", "at": "2026-04-20T08:00:00Z"}
    assert coordinator.post(path, planned).status_code == 201
    session.rollback()
    own = select(Assessment).join(Participant).where(Participant.code == "01-500").order_by(Assessment.day)
    visits = list(session.scalars(own))
    assert (len(visits), visits[0].anchor_on) == (18, date(2026, 4, 20))
    happened = {"kind": "first_infusion", "state": "happened", "at": "2026-04-07T10:00:00+02:00"}
    answer = coordinator.post(path, happened)
    assert answer.json is not None
    assert (answer.json["state"], answer.json["at"]) == ("happened", "2026-04-07T08:00:00Z")
    session.rollback()
    assert next(iter(session.scalars(own))).anchor_on == date(2026, 4, 7)
    assert coordinator.post(path, happened).status_code == 409


def test_what_is_called_off_takes_its_plan_with_it(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    coordinator.post(f"{S}/participants", BODY | {"code": "01-500"})
    path, planned = f"{S}/participants/01-500/events", {"kind": "first_infusion", "on": "2026-04-20"}
    assert coordinator.post(path, planned | {"state": "planned"}).status_code == 201
    answer = coordinator.post(path, planned | {"state": "cancelled"})
    assert (answer.status_code, answer.json and answer.json["state"]) == (201, "cancelled")
    own = select(Assessment).join(Participant).where(Participant.code == "01-500")
    assert session.scalars(own).all() == []


WRONG_EVENTS: list[tuple[dict[str, str], str]] = [
    ({"kind": "first_infusion", "state": "planned"}, "on"),
    ({"kind": "first_infusion", "state": "planned", "on": "2026-04-20", "at": "2026-04-20T23:00:00Z"}, "at"),
    ({"kind": "infusion", "state": "happened"}, "at"),
    ({"kind": "infusion", "state": "happened", "at": "2026-04-07T08:00:00"}, "at"),
    ({"kind": "infusion", "state": "happened", "at": "2026-05-07T08:00:00Z"}, "at"),
    ({"kind": "infusion", "state": "happened", "at": "2026-04-07T08:00:00Z", "on": "2026-04-07"}, "on"),
    ({"kind": "infusion", "state": "cancelled", "on": "2026-04-07"}, "on"),
    ({"kind": "infusion", "state": "cancelled", "on": "2026-04-07", "at": "2026-04-07T08:00:00Z"}, "at"),
    ({"kind": "infusion", "state": "perhaps", "on": "2026-04-07"}, "state"),
    ({"kind": "first_infusion", "state": "planned", "on": "9999-12-31"}, "on"),
    ({"kind": "first_infusion", "state": "planned", "on": "0001-01-01"}, "on"),
    ({"kind": "infusion", "state": "happened", "at": "0001-01-01T00:00:00+14:00"}, "at"),
    ({"kind": "infusion", "state": "happened", "at": "1999-01-01T00:00:00Z"}, "at"),
    ({"kind": "holiday", "state": "planned", "on": "2026-04-20"}, "kind"),
    ({"kind": "infusion", "state": "happened", "at": "2026-04-01T08:00:00Z"}, "at"),  # before she was enrolled
    ({"kind": "infusion", "state": "planned", "on": "2026-04-01"}, "on"),
]


def test_a_wrong_event_names_the_field(program: Programs, session: Session) -> None:
    coordinator = program(Role.COORDINATOR)
    coordinator.post(f"{S}/participants", BODY | {"code": "01-500"})
    for body, wrong in WRONG_EVENTS:
        assert refused(coordinator.post(f"{S}/participants/01-500/events", body)) == wrong, body
    someone = session.scalars(select(Participant).filter_by(code="01-500")).one()
    assert someone.events == []
