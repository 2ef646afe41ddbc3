"""What the protocol says of baseline, as the export asks the database and marks its rows."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exports.queries import answered
from app.exports.queries.placing import baseline_ends
from app.messages.outlook.noting import note_event
from app.participants.events import plan_event
from app.participants.models import EventState
from tests.factories import NOW, enrolled_by, installed, participant
from tests.studies.protocol.second import second

DAY = timedelta(days=1)
RULES = [
    # what the protocol says; how many days ago baseline ended, with surgery five days ago and flares three and two
    ("", 5),
    ("baseline: {last_before: surgery}\n", 5),
    ("baseline: {last_before: flare}\n", 3),
    ("baseline: {visit: start}\n", None),
    ("baseline: none\n", None),
]


@pytest.mark.parametrize(("rule", "days"), RULES)
def test_baseline_ends_when_the_protocol_says(session: Session, rule: str, days: int | None) -> None:
    person = participant(installed(second(("anchor: surgery\n", f"anchor: surgery\n{rule}"))))
    enrolled_by(person, (NOW - 9 * DAY).date())
    for kind, ago in (("surgery", 5), ("flare", 3), ("flare", 2)):
        note_event(person, kind, EventState.HAPPENED, None, NOW - ago * DAY, NOW)
    ends = baseline_ends()
    query = select(ends.c.at).where(ends.c.participant_id == person.id)
    assert session.scalar(query) == (None if days is None else NOW - days * DAY)


def test_what_is_only_planned_ends_no_baseline(session: Session) -> None:
    person = participant(installed(second()))
    plan_event(person, "surgery", (NOW + DAY).date(), None, NOW)
    ends = baseline_ends()
    assert session.scalars(select(ends.c.at).where(ends.c.participant_id == person.id)).all() == []


def test_the_export_asks_by_the_version_that_each_follows(session: Session) -> None:
    statement = str(answered.scores(participant(installed(second())).study))
    assert "baseline_ends" in statement
    assert "participants.protocol_id" in statement
