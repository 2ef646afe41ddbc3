"""Somebody signs a new version of the consent form, or goes on at another site."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.participants.enrolment import withdraw
from app.participants.going_on import consent_anew, consents_of, transfer
from app.participants.models import Participant
from app.studies.installing import site
from tests.factories import NOW, backtobasic, participant

TODAY = NOW.date()


@pytest.fixture
def person(session: Session) -> Participant:
    return participant(backtobasic(), now=NOW - timedelta(days=10))


def test_a_new_consent_stands_beside_the_old_one(person: Participant) -> None:
    consent_anew(person, " 2.0 of 1 March ", TODAY, NOW)
    signed = [(consent.document, consent.given_on) for consent in consents_of(person)]
    assert signed == [("1.0", TODAY - timedelta(days=10)), ("2.0 of 1 March", TODAY)]


@pytest.mark.parametrize(
    ("document", "on", "wrong"),
    [
        ("", TODAY, {"document"}),
        ("x" * 61, TODAY, {"document"}),
        ("2.0", TODAY + timedelta(days=1), {"given_on"}),
        ("2.0", TODAY - timedelta(days=11), {"given_on"}),
        (" ", date(1926, 3, 2), {"document", "given_on"}),
    ],
)
def test_a_consent_that_cannot_be_is_refused_with_all_that_is_wrong(
    person: Participant, document: str, on: date, wrong: set[str]
) -> None:
    with pytest.raises(BadInput) as caught:
        consent_anew(person, document, on, NOW)
    assert set(caught.value.errors) == wrong
    assert len(consents_of(person)) == 1


@pytest.mark.parametrize(("document", "on"), [("x" * 60, TODAY), ("2.0", TODAY - timedelta(days=10)), ("1.0", TODAY)])
def test_a_consent_at_the_edge_of_what_can_be_is_taken(person: Participant, document: str, on: date) -> None:
    assert consent_anew(person, document, on, NOW).document == document


def test_the_same_consent_twice_is_told(person: Participant) -> None:
    consent_anew(person, "2.0", TODAY, NOW)
    with pytest.raises(Conflict, match="recorded already"):
        consent_anew(person, "2.0", TODAY, NOW)


def test_whoever_moves_keeps_her_pseudonym_and_is_at_the_other_site(person: Participant) -> None:
    assert transfer(person, site(person.study, "02"), NOW) == "01"
    assert (person.code, person.site.code) == ("01-001", "02")
    with pytest.raises(BadInput, match="02 is recorded already"):
        transfer(person, site(person.study, "02"), NOW)


def test_nobody_moves_to_a_site_that_is_not_active(person: Participant) -> None:
    elsewhere = site(person.study, "02")
    elsewhere.active = False
    with pytest.raises(BadInput, match="not active"):
        transfer(person, elsewhere, NOW)


def test_who_left_neither_signs_nor_moves(person: Participant) -> None:
    withdraw(person, "no reason given", NOW)
    with pytest.raises(Conflict, match="has left"):
        consent_anew(person, "2.0", TODAY, NOW)
    with pytest.raises(Conflict, match="has left"):
        transfer(person, site(person.study, "02"), NOW)
