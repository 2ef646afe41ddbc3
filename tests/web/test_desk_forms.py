"""The forms of the desk: what is right leads back to the participant, what is wrong says so where it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.crypto import Keyring, configure, keyring, new_key
from app.core.time import moved_clock
from app.participants.models import Disclosure, Event, Participant
from app.schedule.models import Assessment
from app.studies.models import Protocol
from tests.factories import (
    NOW,
    Browser,
    backtobasic,
    infused,
    oslo,
    participant,
    planned,
    submitted,
    user,
    visit,
)

PEOPLE = "/desk/backtobasic/participants/"
GOOD = {"site": "01", "phone": "406 12 345", "consent": "1.0", "enrolled_on": "2026-03-02", "language": "nb"}


@dataclass
class Desk:
    """The study, and its coordinator at the desk."""

    protocol: Protocol
    browser: Browser
    session: Session
    me: User

    def enrol(self, **fields: str) -> TestResponse:
        return self.browser.post(f"{PEOPLE}new", **(GOOD | fields))

    def send(self, person: Participant, form: str, **fields: str) -> TestResponse:
        self.session.commit()
        answer = self.browser.post(f"{PEOPLE}{person.code}/{form}", **fields)
        self.session.expire_all()
        return answer

    def count(self, table: type) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    protocol = backtobasic()
    me = user(protocol.study, Role.COORDINATOR, "01")
    session.commit()
    with moved_clock(lambda: NOW):
        yield Desk(protocol, Browser(app, me), session, me)


def test_enrolling_leads_to_the_new_participant_who_is_audited_as_mine(desk: Desk) -> None:
    assert "Enrol somebody" in desk.browser.get(f"{PEOPLE}new").text
    answer = desk.enrol(name="Ola Nordmann")
    assert (answer.status_code, answer.location) == (303, f"{PEOPLE}01-001")
    person = desk.session.scalars(select(Participant)).one()
    assert (person.contact.phone, person.contact.name) == ("+4740612345", "Ola Nordmann")
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="identifiers.contacts")).one()
    assert entry.actor == f"user:{desk.me.id}"
    assert "40612345" not in str(entry.new)
    assert "01-001 is enrolled. Next: plan the first infusion." in desk.browser.get(answer.location).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"phone": "21 23 45 61"}, "not a mobile number"),
        ({"phone": "hello"}, "not a telephone number"),
        ({"phone": ""}, "not a telephone number"),
        ({"phone": "+46 70 123 45 67"}, "foreign number"),
        ({"consent": " "}, "Say which version of the consent form"),
        ({"enrolled_on": ""}, "Write a day"),
        ({"enrolled_on": "2026-02-30"}, "Write a day"),
        ({"enrolled_on": "2026-04-01"}, "lies in the future"),
        ({"site": "02"}, "Choose one of the list"),
        ({"site": ""}, "Choose one of the list"),
        ({"language": "fr"}, "This study speaks nb, en"),
        ({"zone": "Europe/Olso"}, "There is no time zone Europe/Olso"),
        ({"code": "02-001"}, "Codes at this site begin with 01-"),
        ({"pin": "47"}, "A PIN has 4 to 8 digits"),
        ({"birth_year": "1979"}, "does not ask for the year of birth"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk: Desk, fields: dict[str, str], told: str) -> None:
    answer = desk.enrol(**({"name": "Typed Already"} | fields))
    assert answer.status_code == 400
    assert told in answer.text
    assert 'value="Typed Already"' in answer.text
    assert desk.count(Participant) == 0


def test_a_code_is_given_once(desk: Desk) -> None:
    assert desk.enrol(code="01-017").status_code == 303
    answer = desk.enrol(code="01-017", phone="406 12 346")
    assert answer.status_code == 409
    assert "01-017 is taken" in answer.text
    assert desk.enrol(phone="406 12 347").location == f"{PEOPLE}01-018"


def test_a_foreign_number_is_taken_when_it_is_confirmed(desk: Desk) -> None:
    assert desk.enrol(phone="+46 70 123 45 67", abroad="yes").status_code == 303


def test_planning_the_infusion_plans_the_visits_and_moving_it_moves_them(desk: Desk) -> None:
    person = participant(desk.protocol)
    answer = desk.send(person, "events/", kind="first_infusion", act="planned", on="2026-03-10", time="")
    assert answer.location == f"{PEOPLE}{person.code}"
    assert "is planned for Tuesday 2026-03-10. 18 visits follow it." in desk.browser.get(answer.location).text
    assert visit(person, "d7").anchor_on == date(2026, 3, 10)
    desk.send(person, "events/", kind="first_infusion", act="planned", on="2026-03-12", time="09:30")
    assert visit(person, "d7").anchor_on == date(2026, 3, 12)
    assert visit(person, "d0").closes_at == oslo(date(2026, 3, 12), 9, 30)
    assert desk.count(Event) == 1


def test_an_infusion_that_took_place_is_recorded_once_on_the_participants_clocks(desk: Desk) -> None:
    person = participant(desk.protocol)
    took_place = {"kind": "first_infusion", "act": "happened", "on": "2026-03-02", "time": "08:15"}
    assert desk.send(person, "events/", **took_place).status_code == 303
    assert visit(person, "d0").closes_at == oslo(date(2026, 3, 2), 8, 15)
    again = desk.send(person, "events/", **took_place)
    assert again.status_code == 409
    assert "is recorded already" in again.text
    assert desk.send(person, "events/", **(took_place | {"act": "planned"})).status_code == 409


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"on": "2026-03-03"}, "plan it instead"),
        ({"time": ""}, "Write an hour"),
        ({"time": "25:00"}, "Write an hour"),
        ({"on": "soon"}, "Write a day"),
        ({"on": "0001-01-01"}, "Write a day"),
        ({"act": "planned", "on": "2126-03-02"}, "Check the year"),
        ({"act": "cancelled"}, "is planned for no day at all"),
        ({"kind": "party"}, "Choose one of the list"),
        ({"act": "perhaps"}, "Choose one of the list"),
        ({"act": "planned", "on": "2026-03-29", "time": "02:30"}, "this hour does not exist"),
    ],
)
def test_an_event_that_cannot_be_is_refused_and_nothing_moves(desk: Desk, fields: dict[str, str], told: str) -> None:
    person = participant(desk.protocol)
    form = {"kind": "first_infusion", "act": "happened", "on": "2026-03-02", "time": "08:15"} | fields
    answer = desk.send(person, "events/", **form)
    assert answer.status_code == 400
    assert told in answer.text
    assert (desk.count(Event), desk.count(Assessment)) == (0, 0)


def test_a_form_that_is_sent_twice_enrols_once(desk: Desk) -> None:
    assert desk.enrol().status_code == 303
    again = desk.enrol()
    assert again.status_code == 409
    assert "01-001 has this number already." in again.text
    assert desk.count(Participant) == 1
    old = keyring()
    try:
        configure(Keyring((*Keyring.parse(new_key(200)).keys, *old.keys)))
        assert desk.enrol().status_code == 409, "also while the keys are being changed"
    finally:
        configure(old)
    assert desk.enrol(shared_phone="yes").location == f"{PEOPLE}01-002"


def test_the_day_of_randomisation_is_noted_once_and_no_arm(desk: Desk) -> None:
    person = participant(desk.protocol)
    assert "Write a day" in desk.send(person, "randomisation", randomised_on="").text
    assert "lies in the future" in desk.send(person, "randomisation", randomised_on="2026-03-03").text
    answer = desk.send(person, "randomisation", randomised_on="2026-03-02", arm="active")
    assert "was randomised on Monday 2026-03-02" in desk.browser.get(answer.location).text
    assert person.randomised_on == date(2026, 3, 2)
    assert desk.send(person, "randomisation", randomised_on="2026-03-02").status_code == 409


def test_calling_the_infusion_off_takes_the_plan_back_and_a_new_day_plans_anew(desk: Desk) -> None:
    person = participant(desk.protocol)
    about = {"kind": "first_infusion", "on": "2026-03-10", "time": ""}
    desk.send(person, "events/", **about, act="planned")
    assert (
        "is planned for 2026-03-10, not for"
        in desk.send(person, "events/", **(about | {"on": "2026-03-11"}), act="cancelled").text
    )
    answer = desk.send(person, "events/", **about, act="cancelled")
    page = desk.browser.get(answer.location).text
    assert "Nothing more is sent until it is planned anew." in page
    assert "not planned yet" in page
    assert desk.count(Assessment) == 0
    desk.send(person, "events/", **(about | {"on": "2026-03-17"}), act="planned")
    assert visit(person, "d7").anchor_on == date(2026, 3, 17)


@pytest.mark.parametrize("path", ["participants/%00", "participants/?code=%00", "today/tasks/99999999999999999999"])
def test_what_no_column_can_hold_is_a_problem_of_the_sender(desk: Desk, path: str) -> None:
    sent = desk.browser.post(f"/desk/backtobasic/{path}") if "tasks" in path else None
    answer = sent or desk.browser.get(f"/desk/backtobasic/{path}")
    assert answer.status_code in (200, 400, 404)


def test_the_form_offers_day_0_first_until_it_has_happened(desk: Desk) -> None:
    person = participant(desk.protocol)
    desk.session.commit()
    chosen = '<option value="first_infusion" selected>'
    assert chosen in desk.browser.get(f"{PEOPLE}{person.code}").text
    infused(person, NOW)
    desk.session.commit()
    assert chosen not in desk.browser.get(f"{PEOPLE}{person.code}").text


def test_a_later_event_moves_no_visit(desk: Desk) -> None:
    person = participant(desk.protocol)
    infused(person, NOW - timedelta(days=20), NOW)
    before = visit(person, "d56").opens_at
    stopped = {"kind": "treatment_stopped", "act": "happened", "on": "2026-03-01", "time": "12:00"}
    assert desk.send(person, "events/", **stopped).status_code == 303
    assert visit(person, "d56").opens_at == before
    assert "Treatment stopped · happened · Sun 1 Mar 2026, 12:00" in desk.browser.get(f"{PEOPLE}{person.code}").text


def test_withdrawing_needs_a_reason_and_happens_once(desk: Desk) -> None:
    person = participant(desk.protocol)
    planned(person, NOW.date())
    assert desk.send(person, "withdrawal", reason=" ").status_code == 400
    assert person.withdrawn_at is None
    assert desk.send(person, "withdrawal", reason="No reason given").status_code == 303
    desk.session.refresh(person)
    assert [person.withdrawn_at, person.withdrawal_reason] == [NOW, "No reason given"]
    assert desk.count(Assessment) == 18
    entry = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.reason == "No reason given"
    assert desk.send(person, "withdrawal", reason="Again").status_code == 409


def test_a_corrected_number_is_usable_again(desk: Desk) -> None:
    person = participant(desk.protocol)
    person.contact.unusable_since = NOW
    refused = desk.send(person, "phone", phone="12")
    assert refused.status_code == 400
    assert 'aria-invalid="true"' in refused.text
    assert person.contact.unusable_since == NOW
    assert desk.send(person, "phone", phone="406 99 999").status_code == 303
    assert (person.contact.phone, person.contact.version) == ("+4740699999", 2)
    assert person.contact.unusable_since is None


def test_a_contact_is_shown_for_a_reason_and_on_the_record(desk: Desk) -> None:
    person = participant(desk.protocol, name="Ola Nordmann", phone="+4740612345")
    refused = desk.send(person, "contact/", reason="")
    assert refused.status_code == 400
    assert "+4740612345" not in refused.text
    assert desk.count(Disclosure) == 0
    shown = desk.send(person, "contact/", reason="day 56 is late")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert "Ola Nordmann" in shown.text
    assert "tel:+4740612345" in shown.text
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.disclosures")).one()
    assert (entry.actor, entry.reason) == (f"user:{desk.me.id}", "day 56 is late")
    assert "day 56 is late" in desk.browser.get(f"{PEOPLE}{person.code}").text
    assert desk.browser.get(f"{PEOPLE}{person.code}/contact/").status_code == 405


def test_what_was_answered_stays_through_all_of_it(desk: Desk) -> None:
    person = participant(desk.protocol)
    infused(person, NOW - timedelta(days=30), NOW)
    submitted(visit(person, "d7"), NOW - timedelta(days=22))
    before = visit(person, "d7").submitted_at
    desk.send(person, "phone", phone="406 99 999")
    desk.send(person, "withdrawal", reason="moved away")
    assert visit(person, "d7").submitted_at == before


def test_names_of_people_are_shown_as_text(desk: Desk) -> None:
    person = participant(desk.protocol, name="<script>alert(1)</script>")
    assert "<script>" not in desk.send(person, "contact/", reason="<b>day 56</b>").text
    assert "<b>" not in desk.browser.get(f"{PEOPLE}{person.code}").text
