"""The forms about a participant: what is right leads back to her, what is wrong says so where it is."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.crypto import Keyring, configure, keyring, new_key
from app.messages.models import Message, MessageState
from app.participants.going_on import transfer
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.installing import site
from tests.factories import (
    NOW,
    infused,
    participant,
    planned,
    submitted,
    visit,
)
from tests.web.desk.desks import PEOPLE, Desk


@pytest.fixture
def desk(coordinators_desk: Desk) -> Desk:
    """These forms are the coordinator's."""
    return coordinators_desk


def test_enrolling_leads_to_the_new_participant_who_is_audited_as_mine(desk: Desk) -> None:
    assert "Enrol somebody" in desk.browser.get(f"{PEOPLE}new").text
    answer = desk.enrol(name="Ola Nordmann")
    assert (answer.status_code, answer.location) == (303, f"{PEOPLE}01-001")
    person = desk.session.scalars(select(Participant)).one()
    assert (person.contact.phone, person.contact.name) == ("+4740612345", "Ola Nordmann")
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="identifiers.contacts")).one()
    assert entry.actor == f"user:{desk.member.id}"
    assert "40612345" not in str(entry.new)
    assert "01-001 is enrolled. Next: plan this event: First infusion." in desk.browser.get(answer.location).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
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
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk: Desk, fields: dict[str, str], sentence: str) -> None:
    answer = desk.enrol(**({"name": "Typed Already"} | fields))
    assert answer.status_code == 400
    assert sentence in answer.text
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


def test_of_several_who_share_a_telephone_the_first_code_is_named(desk: Desk) -> None:
    assert desk.enrol(code="01-007").status_code == 303
    assert desk.enrol(code="01-003", shared_phone="yes").status_code == 303
    assert "01-003 has this number already." in desk.enrol().text


def test_the_day_of_randomisation_is_noted_once_and_no_arm(desk: Desk) -> None:
    person = participant(desk.protocol)
    assert "Write a day" in desk.send(person, "randomisation", randomised_on="").text
    assert "lies in the future" in desk.send(person, "randomisation", randomised_on="2026-03-03").text
    answer = desk.send(person, "randomisation", randomised_on="2026-03-02", arm="active")
    assert "was randomised on Mon 2 Mar 2026" in desk.browser.get(answer.location).text
    assert person.randomised_on == date(2026, 3, 2)
    assert desk.send(person, "randomisation", randomised_on="2026-03-02").status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "participants/%00", 400),
        ("GET", "participants/?code=%00", 200),  # looked for, and nobody found
        ("POST", "today/tasks/99999999999999999999", 400),
    ],
)
def test_what_no_column_can_hold_is_a_problem_of_the_sender(desk: Desk, method: str, path: str, status: int) -> None:
    ask = desk.browser.post if method == "POST" else desk.browser.get
    assert ask(f"/desk/backtobasic/{path}").status_code == status


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
    refused = desk.send(person, "phone", phone="12", reason="said so by telephone")
    assert refused.status_code == 400
    assert 'aria-invalid="true"' in refused.text
    assert person.contact.unusable_since == NOW
    assert desk.send(person, "phone", phone="406 99 999", reason="said so by telephone").status_code == 303
    assert (person.contact.phone, person.contact.version) == ("+4740699999", 2)
    written = select(AuditEntry.reason).filter_by(table_name="identifiers.contacts", action="update")
    assert desk.session.scalars(written.order_by(AuditEntry.id.desc())).first() == "said so by telephone"
    assert person.contact.unusable_since is None


def test_whoever_is_enrolled_is_sent_a_test_text_from_her_page_which_says_whether_it_arrived(desk: Desk) -> None:
    person = participant(desk.protocol)
    page = desk.page(f"participants/{person.code}")
    assert "Send a test text</button>" in page
    reason = page.split('name="act" value="test">')[1].split('name="reason" value="')[1].partition('"')[0]
    assert desk.send(person, "texts/", act="test", reason=reason).status_code == 303
    of = "Test text of Mon 2 Mar 2026, 10:00:"
    assert f"{of} queued" in desk.page(f"participants/{person.code}")
    text = desk.session.scalars(select(Message)).one()
    text.state, text.sent_at, text.settled_at, text.sid = MessageState.DELIVERED, NOW, NOW, "SM1"
    page = desk.page(f"participants/{person.code}")
    assert f"{of} delivered" in page
    assert "Send a test text</button>" not in page


@pytest.mark.parametrize(("form", "value"), [("phone", "406 99 999"), ("email", "kari@home.example")])
def test_no_contact_is_corrected_without_a_reason(desk: Desk, form: str, value: str) -> None:
    person = participant(desk.protocol)
    refused = desk.send(person, form, **{form: value}, reason=" ")
    assert (refused.status_code, "Say why." in refused.text) == (400, True)
    assert f'value="{value}"' in refused.text
    assert person.contact.version == 1


def test_what_was_answered_stays_through_all_of_it(desk: Desk) -> None:
    person = participant(desk.protocol)
    infused(person, NOW - timedelta(days=30), NOW)
    submitted(visit(person, "d7"), NOW - timedelta(days=22))
    before = visit(person, "d7").submitted_at
    desk.send(person, "phone", phone="406 99 999", reason="said so by telephone")
    desk.send(person, "withdrawal", reason="moved away")
    assert visit(person, "d7").submitted_at == before


@pytest.mark.parametrize(("code", "status"), [("", 303), ("01-001", 409), ("01-002", 303)])
def test_the_code_of_whoever_went_on_at_another_site_stays_taken_where_she_is_not_seen(
    desk: Desk, code: str, status: int
) -> None:
    transfer(desk.someone(), site(desk.protocol.study, "02"), NOW)
    desk.session.commit()
    answer = desk.enrol(code=code)
    assert answer.status_code == status
    assert ("01-001 is taken." in answer.text) is (status == 409)
    codes = desk.session.scalars(select(Participant.code).order_by(Participant.code)).all()
    assert codes == ["01-001", "01-002"][: 1 + (status == 303)]
