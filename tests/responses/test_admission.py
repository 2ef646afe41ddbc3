"""Whether an answer is taken, and until when: by the server's time, the window, the grace and the protocol."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.participants.enrolment import withdraw
from app.responses.admission import admit, takes_answers_until
from app.responses.problems import Closed, Left, NotOpenYet
from app.schedule.models import Assessment
from tests.responses.visits import participant, visit

REFUSED = {"late: keep": "late: refuse"}
SECOND = timedelta(seconds=1)


def moment(assessment: Assessment, when: str) -> datetime:
    """`opens_at`, `closes_at-1`: an edge of the window, or a second beside it."""
    edge, _, seconds = when.partition("-")
    at: datetime = getattr(assessment, edge)
    return at - int(seconds or 0) * SECOND


@pytest.mark.parametrize(
    ("when", "keeps", "refuses", "until"),
    [
        ("opens_at-1", NotOpenYet, NotOpenYet, (None, None)),
        ("opens_at", None, None, ("closes_at", "closes_at")),
        ("closes_at-1", None, None, ("closes_at", "closes_at")),
        ("closes_at", None, Closed, ("grace_until", None)),
        ("grace_until-1", None, Closed, ("grace_until", None)),
        ("grace_until", Closed, Closed, (None, None)),
    ],
)
@pytest.mark.parametrize("strict", [False, True], ids=["late is kept", "late is refused"])
def test_each_edge_of_the_window(
    when: str,
    keeps: type[Problem] | None,
    refuses: type[Problem] | None,
    until: tuple[str | None, str | None],
    strict: bool,
    session: Session,
) -> None:
    assessment = visit(participant(changes=REFUSED if strict else None), "d154")
    now, edge, refusal = moment(assessment, when), until[strict], refuses if strict else keeps
    assert takes_answers_until(assessment, now) == (edge and getattr(assessment, edge))
    if refusal is None:
        admit(assessment, now)
    else:
        with pytest.raises(refusal):
            admit(assessment, now)


@pytest.mark.parametrize(
    ("withdrawn", "when", "refusal"),
    [
        ("opens_at-1", "opens_at-1", Left),
        ("opens_at", "opens_at", Left),
        ("opens_at", "grace_until", Left),
        ("grace_until-1", "grace_until", Left),
        ("closes_at", "closes_at-1", None),  # not yet, at that instant
        ("grace_until", "grace_until", Closed),  # the visit was over before she left
    ],
)
def test_who_left_is_asked_nothing_more(
    withdrawn: str, when: str, refusal: type[Problem] | None, session: Session
) -> None:
    person = participant()
    assessment = visit(person, "d154")
    withdraw(person, "no reason given", moment(assessment, withdrawn))
    now = moment(assessment, when)
    if refusal is None:
        admit(assessment, now)
        assert takes_answers_until(assessment, now) == assessment.closes_at
    else:
        with pytest.raises(refusal):
            admit(assessment, now)
        assert takes_answers_until(assessment, now) is None
