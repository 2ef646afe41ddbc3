"""A contact that was corrected by a slip is as it was, and counts as another one."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.participants.channels import ReachedBy
from app.participants.former_contact import former_contact, put_back
from tests.factories import NOW, backtobasic, participant

FAILED = NOW - timedelta(days=2)


@pytest.mark.parametrize("email", [None, "kari@example.org"])
@pytest.mark.parametrize("reached_by", list(ReachedBy))
@pytest.mark.parametrize("failed", [False, True])
def test_all_of_the_contact_comes_back(
    session: Session, email: str | None, reached_by: ReachedBy, failed: bool
) -> None:
    person = participant(backtobasic(), "01")
    contact, number, version = person.contact, person.contact.phone, person.contact.version
    contact.email, person.reached_by = email, reached_by
    if failed:
        contact.unusable_since, contact.unusable_because = FAILED, "30005"
        contact.email_unusable_since, contact.email_unusable_because = FAILED, "came back"
    session.flush()
    former = former_contact(person)
    contact.phone, contact.email, person.reached_by = "+4741234567", "other@example.org", ReachedBy.SMS
    contact.unusable_since = contact.unusable_because = None
    contact.email_unusable_since = contact.email_unusable_because = None
    session.flush()
    put_back(person, former)
    session.refresh(contact)
    assert (contact.phone, contact.email, person.reached_by) == (number, email, reached_by)
    at, words = (FAILED, ("30005", "came back")) if failed else (None, (None, None))
    assert (contact.unusable_since, contact.email_unusable_since) == (at, at)
    assert (contact.unusable_because, contact.email_unusable_because) == words
    assert contact.version == version + 1
