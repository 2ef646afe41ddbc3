"""A name and a number: for a reason, on the record, once; and shown as text."""

import pytest
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.participants.models import Disclosure
from tests.factories import (
    participant,
)
from tests.web.desk.desks import PEOPLE, Desk


@pytest.fixture
def desk(coordinators_desk: Desk) -> Desk:
    """These forms are the coordinator's."""
    return coordinators_desk


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
    assert (entry.actor, entry.reason) == (f"user:{desk.member.id}", "day 56 is late")
    assert "day 56 is late" in desk.browser.get(f"{PEOPLE}{person.code}").text
    assert "+4740612345" not in desk.browser.get(f"{PEOPLE}{person.code}/contact/").text


def test_names_of_people_are_shown_as_text(desk: Desk) -> None:
    person = participant(desk.protocol, name="<script>alert(1)</script>")
    assert "<script>" not in desk.send(person, "contact/", reason="<b>day 56</b>").text
    assert "<b>" not in desk.browser.get(f"{PEOPLE}{person.code}").text
