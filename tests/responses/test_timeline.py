"""One line of time: every source tells its moments, and the merge puts them in order, once each."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.messages.models import MessageState
from app.messages.queueing.pausing import pause_texts
from app.participants.enrolment import opt_out, withdraw
from app.participants.following import note_call, write_note
from app.participants.going_on import consent_anew
from app.participants.models import CallOutcome, Consent, Event, EventState
from app.responses.answering import response_to, submit
from app.responses.corrections import Query, approve, ask
from app.responses.course import course_of
from app.responses.drafts import save_draft
from app.responses.late_attempts import note_attempt
from app.responses.models import Mode
from app.responses.timeline import Trace, TraceKind, merged, of_consent, of_event
from app.schedule.models import NotDone
from app.schedule.not_done import note_not_done
from tests.factories import message, user, visit
from tests.responses.visits import INFUSION, answers_to, participant

AT = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OSLO = ZoneInfo("Europe/Oslo")
SENT, OPENED, SUBMITTED = (
    Trace(AT, TraceKind.SENT, ("d154",), "invitation"),
    Trace(AT + HOUR, TraceKind.OPENED, ("d154",)),
    Trace(AT + 2 * HOUR, TraceKind.SUBMITTED, ("d154",)),
)


@pytest.mark.parametrize("order", list(permutations((SENT, OPENED, SUBMITTED))))
def test_the_newest_comes_first_whatever_told_it_first(order: tuple[Trace, ...]) -> None:
    assert merged(*([each] for each in order)) == (SUBMITTED, OPENED, SENT)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], ()),
        (
            [Trace(AT, TraceKind.SUBMITTED), Trace(AT, TraceKind.OPENED)],
            ("answers received", "visit opened"),
        ),
        (
            [Trace(AT, TraceKind.HAPPENED, words="b"), Trace(AT, TraceKind.HAPPENED, words="a")],
            ("happened",) * 2,
        ),
    ],
)
def test_at_one_instant_the_order_is_that_of_the_kinds(moments: list[Trace], expected: tuple[str, ...]) -> None:
    assert tuple(each.kind for each in merged(moments)) == expected


def test_visits_that_were_planned_together_are_one_moment() -> None:
    planned = [Trace(AT, TraceKind.PLANNED, (visit,)) for visit in ("d0", "d7", "d154")]
    assert merged(planned) == (Trace(AT, TraceKind.PLANNED, ("d0", "d7", "d154")),)


@pytest.mark.parametrize(
    "other",
    [
        Trace(AT + timedelta(microseconds=1), TraceKind.SENT, ("d56",), "invitation"),
        Trace(AT, TraceKind.DELIVERED, ("d56",), "invitation"),
        Trace(AT, TraceKind.SENT, ("d56",), "reminder"),
        Trace(AT, TraceKind.SENT, ("d56",), "invitation", "user:1"),
    ],
)
def test_what_differs_in_anything_but_the_visit_stays_apart(other: Trace) -> None:
    assert len(merged([SENT, other])) == 2


def test_of_what_is_known_by_its_day_alone_only_the_day_is_told() -> None:
    (consent,) = of_consent(Consent(document="2.0", given_on=date(2026, 3, 2)), OSLO)
    assert (consent.at, consent.day_only, consent.words) == (datetime(2026, 3, 2, 11, 0, tzinfo=UTC), True, "2.0")


@pytest.mark.parametrize(
    ("state", "at", "kind"),
    [
        (EventState.PLANNED, None, TraceKind.EVENT_PLANNED),
        (EventState.HAPPENED, AT, TraceKind.HAPPENED),
        (EventState.CANCELLED, None, TraceKind.CALLED_OFF),
    ],
)
def test_an_event_is_told_as_it_stands(state: EventState, at: datetime | None, kind: TraceKind) -> None:
    (moment,) = of_event(Event(kind="x", state=state, on=AT.date(), at=at), "Infusion", OSLO)
    assert (moment.kind, moment.words, moment.day_only) == (kind, "Infusion", at is None)


def test_everything_that_happened_stands_on_the_line(session: Session) -> None:
    person = participant(language="en")
    d154, d56, d7 = visit(person, "d154"), visit(person, "d56"), visit(person, "d7")
    study = person.study
    coordinator, investigator = user(study, Role.COORDINATOR, "01"), user(study, Role.INVESTIGATOR, "01")
    actor = f"user:{coordinator.id}"
    note_not_done(d7, NotDone.TOO_ILL, "", actor, d7.opens_at + HOUR)
    note_attempt(d7, Mode.PAGE, d7.opens_at + 2 * HOUR)
    save_draft(d56, {"odi.lifting": "1"}, d56.opens_at + HOUR)
    message(d154, MessageState.DELIVERED, AT)
    message(d56, MessageState.FAILED, AT)
    submit(d154, answers_to(d154), AT + HOUR, language="en")
    response = response_to(d154)
    assert response is not None
    approve(
        ask(response, Query("odi", "lifting", "4", "A slip", "Note"), coordinator, AT + 2 * HOUR),
        investigator,
        AT + 3 * HOUR,
    )
    note_call(person, CallOutcome.REACHED, actor, AT + 4 * HOUR, again_at=None, note="")
    write_note(person, "Speaks slowly", actor, AT + 5 * HOUR)
    consent_anew(person, "2.0", AT.date(), AT + 6 * HOUR)
    pause_texts(person, AT.date() + timedelta(days=2), "In hospital", actor, AT + 6 * HOUR)
    opt_out(person, AT + 7 * HOUR)
    withdraw(person, "Moved away", AT + 8 * HOUR)
    kinds = {moment.kind for moment in course_of(person, "en", texts=True, notes=True)}
    assert set(TraceKind) - kinds == {
        TraceKind.RANDOMISED, TraceKind.EVENT_PLANNED, TraceKind.CALLED_OFF, TraceKind.TYPED, TraceKind.VOIDED,
    }  # fmt: skip
    hidden = {moment.kind for moment in course_of(person, "en", texts=False, notes=False)}
    assert kinds - hidden == {
        TraceKind.SENT, TraceKind.DELIVERED, TraceKind.NOT_DELIVERED, TraceKind.CALLED, TraceKind.NOTED,
    }  # fmt: skip


def test_an_event_is_called_as_in_the_readers_language(session: Session) -> None:
    person = participant()
    titles = person.protocol.plan.events["first_infusion"]
    for language, title in (("nb", titles["nb"]), ("en", titles["en"]), ("xx", titles["nb"])):
        assert title in [moment.words for moment in course_of(person, language, texts=False, notes=False)]


def test_the_line_asks_as_often_for_many_visits_as_for_few(session: Session) -> None:
    person = participant()
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        session.expire_all()
        course_of(person, "en", texts=True, notes=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert 5 < len(statements) < 20
    assert person.enrolled_on < INFUSION.date()
