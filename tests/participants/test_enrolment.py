"""Enrolling, withdrawing, reaching: what is wrong is refused with a sentence, and then nothing is stored."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound
from app.participants import enrolment
from app.participants.enrolment import Person, enrol
from app.participants.models import Consent, Contact, Participant
from app.studies.installing import site
from app.studies.models import Protocol
from tests.factories import NOW, backtobasic, participant

TODAY = NOW.date()


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def add(
    protocol: Protocol, consent: str = "1.0", on: date = TODAY, at_site: str = "01", **details: object
) -> Participant:
    person = Person(**({"phone": "40612345"} | details))  # type: ignore[arg-type]
    return enrol(site(protocol.study, at_site), protocol, person, consent, on, NOW)


def stored(session: Session) -> int:
    tables = (Participant, Contact, Consent)
    return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("40612345", "+4740612345"),
        ("406 12 345", "+4740612345"),
        ("+47 406 12 345", "+4740612345"),
        ("0047 40612345", "+4740612345"),
        ("(+47) 911-23-456", "+4791123456"),
    ],
)
def test_a_mobile_number_is_kept_in_one_form_however_it_is_written(protocol: Protocol, written: str, kept: str) -> None:
    assert add(protocol, phone=written).contact.phone == kept


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("21234561", "not a mobile number"),  # a landline of Oslo
        ("+47 22 85 50 50", "not a mobile number"),
        ("81549300", "not a mobile number"),  # a service number
        ("+46 70 123 45 67", "foreign number"),
        ("+1 650 253 0000", "foreign number"),
        ("hello", "not a telephone number"),
        ("", "not a telephone number"),
        ("   ", "not a telephone number"),
        ("4061234", "not in use"),
        ("406123456", "not in use"),
        ("40612345 ext. 5", "not in use"),
        ("1", "not a telephone number"),
        ("+99940612345", "not a telephone number"),
        ("<script>", "not a telephone number"),
    ],
)
def test_what_is_no_mobile_number_of_the_country_is_refused(
    session: Session, protocol: Protocol, written: str, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        add(protocol, phone=written)
    assert set(refused.value.errors) == {"phone"}
    assert stored(session) == 0


def test_a_foreign_mobile_is_taken_when_it_is_meant_and_a_foreign_landline_never(protocol: Protocol) -> None:
    assert add(protocol, phone="+46701234567", abroad=True).contact.phone == "+46701234567"
    with pytest.raises(BadInput, match="not a mobile number"):
        add(protocol, phone="+468123456", abroad=True)


@pytest.mark.parametrize(
    ("details", "consent", "on", "field"),
    [
        ({"language": "fr"}, "1.0", TODAY, "language"),
        ({"zone": "Europe/Olso"}, "1.0", TODAY, "zone"),
        ({}, "", TODAY, "consent"),
        ({}, "  ", TODAY, "consent"),
        ({}, "1" * 61, TODAY, "consent"),
        ({}, "1.0", TODAY + timedelta(days=2), "enrolled_on"),
        ({}, "1.0", TODAY.replace(year=206), "enrolled_on"),
        ({"zone": "localtime"}, "1.0", TODAY, "zone"),
        ({"code": "02-001"}, "1.0", TODAY, "code"),
        ({"code": "01-"}, "1.0", TODAY, "code"),
        ({"code": "01-<b>"}, "1.0", TODAY, "code"),
        ({"code": "01-" + "9" * 30}, "1.0", TODAY, "code"),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_stored(
    session: Session, protocol: Protocol, details: dict[str, str], consent: str, on: date, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        add(protocol, consent, on, **details)
    assert set(refused.value.errors) == {field}
    assert stored(session) == 0


def test_everything_wrong_is_named_at_once(protocol: Protocol) -> None:
    with pytest.raises(BadInput) as refused:
        add(protocol, "", TODAY + timedelta(days=9), language="fr", zone="Mars/Olympus", phone="21234561", code="7")
    assert set(refused.value.errors) == {"phone", "language", "zone", "consent", "enrolled_on", "code"}


def test_what_is_left_out_comes_from_the_protocol(protocol: Protocol) -> None:
    person = add(protocol)
    assert (person.language, person.zone, person.protocol) == ("nb", "Europe/Oslo", protocol)
    assert (person.withdrawn_at, person.randomised_on, person.sms_answers) == (None, None, False)


def test_consent_is_kept_with_its_version_and_day(session: Session, protocol: Protocol) -> None:
    person = add(protocol, "2.1", TODAY - timedelta(days=1))
    consent = session.scalars(select(Consent)).one()
    assert (consent.participant, consent.document, consent.given_on) == (person, "2.1", TODAY - timedelta(days=1))
    assert consent.recorded_at == NOW


def test_the_name_of_a_consent_form_may_have_60_characters(protocol: Protocol) -> None:
    person = add(protocol, "1" * 60)
    assert db.session.scalars(select(Consent.document).filter_by(participant_id=person.id)).all() == ["1" * 60]


def test_codes_are_the_sites_next_number(protocol: Protocol) -> None:
    codes = [participant(protocol, at_site).code for at_site in ("01", "01", "02", "01")]
    assert codes == ["01-001", "01-002", "02-001", "01-003"]


@pytest.mark.parametrize(("given", "following"), [("01-041", "01-042"), ("01-999", "01-1000"), ("01-A7", "01-001")])
def test_numbers_go_on_after_codes_that_were_given(protocol: Protocol, given: str, following: str) -> None:
    add(protocol, code=given)
    assert participant(protocol).code == following


def test_after_a_thousand_come_a_thousand_and_one(protocol: Protocol) -> None:
    add(protocol, code="01-999")
    assert [participant(protocol).code for _ in range(2)] == ["01-1000", "01-1001"]


def test_a_code_is_given_once_in_a_study_and_may_be_given_in_another(session: Session, protocol: Protocol) -> None:
    add(protocol, code="01-017")
    with pytest.raises(Conflict, match="01-017 is taken"):
        add(protocol, code="01-017")
    assert add(backtobasic(code="other"), code="01-017").code == "01-017"


def test_at_a_site_that_is_not_active_nobody_is_enrolled(session: Session, protocol: Protocol) -> None:
    site(protocol.study, "01").active = False
    with pytest.raises(Conflict, match="Site 01 is not active yet"):
        add(protocol)
    assert stored(session) == 0


def test_f38_a_number_is_nowhere_in_the_database_as_it_is(session: Session, protocol: Protocol) -> None:
    add(protocol, name="Canary Nordmann")
    session.commit()
    rows = session.connection().execute(text("SELECT c::text FROM identifiers.contacts c")).scalars().all()
    trail = session.connection().execute(text("SELECT e::text FROM audit.entries e")).scalars().all()
    everything = " ".join([*rows, *trail])
    for canary in ("40612345", "Canary", b"40612345".hex(), b"Canary".hex()):
        assert canary not in everything


def test_a_contact_is_found_by_its_fingerprint(session: Session, protocol: Protocol) -> None:
    person = add(protocol)
    query = select(Contact).where(Contact.phone_fingerprint == keyring().fingerprint("+4740612345"))
    assert session.scalars(query).one() is person.contact


def test_who_withdraws_says_why_and_does_so_once(protocol: Protocol) -> None:
    person = add(protocol)
    with pytest.raises(BadInput):
        enrolment.withdraw(person, " ", NOW)
    enrolment.withdraw(person, " no reason given ", NOW)
    assert [person.withdrawn_at, person.withdrawal_reason] == [NOW, "no reason given"]
    with pytest.raises(Conflict, match="has left already"):
        enrolment.withdraw(person, "again", NOW + timedelta(days=1))
    assert person.withdrawn_at == NOW


def test_randomisation_is_a_day_and_nothing_else(protocol: Protocol) -> None:
    person = add(protocol)
    with pytest.raises(BadInput, match="before enrolment"):
        enrolment.randomise(person, TODAY - timedelta(days=1), NOW)
    with pytest.raises(BadInput, match="in the future"):
        enrolment.randomise(person, TODAY + timedelta(days=1), NOW)
    enrolment.randomise(person, TODAY, NOW)
    assert person.randomised_on == TODAY
    with pytest.raises(Conflict, match="was randomised on"):
        enrolment.randomise(person, TODAY, NOW)


def test_a_corrected_number_replaces_the_old_one_altogether(protocol: Protocol) -> None:
    person = add(protocol)
    person.contact.unusable_since, person.contact.unusable_because = NOW, "unknown subscriber"
    before = person.contact.phone_fingerprint
    with pytest.raises(BadInput):
        enrolment.change_phone(person, "21234561")
    assert (person.contact.version, person.contact.unusable_since) == (1, NOW)
    enrolment.change_phone(person, "911 23 456")
    contact = person.contact
    assert [contact.phone, contact.version] == ["+4791123456", 2]
    assert [contact.unusable_since, contact.unusable_because] == [None, None]
    assert contact.phone_fingerprint != before


def test_stop_is_remembered_from_the_first_time_and_start_ends_it(protocol: Protocol) -> None:
    person = add(protocol)
    enrolment.opt_out(person, NOW)
    enrolment.opt_out(person, NOW + timedelta(days=1))
    assert person.contact.opted_out_at == NOW
    enrolment.opt_in(person)
    assert person.contact.opted_out_at is None


def test_people_are_found_within_their_study(protocol: Protocol) -> None:
    person = add(protocol, code="01-017")
    assert enrolment.find(protocol.study, "01-017") is person
    for study, code in ((protocol.study, "01-018"), (backtobasic(code="other").study, "01-017")):
        with pytest.raises(NotFound, match=code):
            enrolment.find(study, code)
