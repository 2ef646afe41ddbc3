"""What one person is asked at the same time goes into one text, where the protocol says so, and is told of each."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.database import db
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.queueing.coordinating import cancel
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.receipts import apply_receipts, store
from app.messages.sending.claiming import claim
from app.participants.enrolment import change_phone
from app.participants.models import Participant
from app.schedule import links
from app.schedule.models import Assessment
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, PROTOCOL, TOGETHER, answered, minutes, moved, pair, visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REMINDED = INVITED + timedelta(days=1, hours=8)


def rows(participant: Participant) -> list[tuple[str, str, str, bool]]:
    """Each message of hers: its visit, kind, state, and whether it went in another's text."""
    query = select(Assessment.visit, Message.kind, Message.state, Message.sent_with_id.is_not(None))
    query = query.join(Assessment, Assessment.id == Message.assessment_id).order_by(Message.kind, Assessment.visit)
    statement = query.where(Message.participant_id == participant.id)
    return [tuple(row) for row in Session.object_session(participant).execute(statement)]  # type: ignore[union-attr]


def test_two_visits_asked_at_the_same_instant_are_one_text_with_one_link(session: Session) -> None:
    participant, provider = pair(), Provider()
    session.commit()
    tick(provider, INVITED)
    assert len(provider.rang) == 1
    assert rows(participant) == [
        ("d14", "invitation", "accepted", True),
        ("d7", "invitation", "accepted", False),
    ]
    assert links.token(visit(participant, "d7")) in provider.rang[0].text.body
    assert len(session.scalars(select(Attempt)).all()) == 1
    tick(provider, INVITED + minutes(5))
    assert (len(provider.rang), books(participant.study, now=INVITED + DAY).balanced) == (1, True)


def test_without_the_word_each_visit_has_a_text_of_its_own(session: Session) -> None:
    participant, provider = pair(text=PROTOCOL.read_text("utf-8")), Provider()
    session.commit()
    tick(provider, INVITED)
    assert [in_another for *_, in_another in rows(participant)] == [False, False]
    assert len(provider.rang) == 2


def later_hour(session: Session, d7: Assessment, d14: Assessment) -> None:
    moved(d14, HOUR, "send_at")


def night(session: Session, d7: Assessment, d14: Assessment) -> None:
    """Both wait for the same morning, whenever they were meant."""
    moved(d7, -timedelta(hours=5), "send_at")
    moved(d14, -timedelta(hours=3), "send_at")


def other_window(session: Session, d7: Assessment, d14: Assessment) -> None:
    moved(d14, -timedelta(hours=9), "closes_at", "due_at")


def called_off(session: Session, d7: Assessment, d14: Assessment) -> None:
    queue_prompts(INVITED)
    cancel(d7, MessageKind.INVITATION, INVITED)


def answered_meanwhile(session: Session, d7: Assessment, d14: Assessment) -> None:
    queue_prompts(INVITED)
    answered(d7, INVITED)


def closes_in_the_queue(session: Session, d7: Assessment, d14: Assessment) -> None:
    queue_prompts(INVITED)
    d7.closes_at = d7.due_at = INVITED


def paused(session: Session, d7: Assessment, d14: Assessment) -> None:
    d14.paused_until = INVITED + DAY


@pytest.mark.parametrize(
    ("happens", "texts", "linked", "became"),
    [
        (later_hour, 2, ["d7", "d14"], [("accepted", False), ("accepted", False)]),
        (night, 1, ["d7"], [("accepted", False), ("accepted", True)]),
        (other_window, 1, ["d14"], [("accepted", True), ("accepted", False)]),
        (called_off, 1, ["d14"], [("suppressed", False), ("accepted", False)]),
        (answered_meanwhile, 1, ["d14"], [("suppressed", False), ("accepted", False)]),
        (closes_in_the_queue, 1, ["d14"], [("suppressed", False), ("accepted", False)]),
        (paused, 1, ["d7"], [("accepted", False), ("queued", False)]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_asked_together_and_what_is_not(
    session: Session, happens: object, texts: int, linked: list[str], became: list[tuple[str, bool]]
) -> None:
    participant, provider = pair(), Provider()
    happens(session, visit(participant, "d7"), visit(participant, "d14"))  # type: ignore[operator]
    session.commit()
    for at in (INVITED - timedelta(hours=4), INVITED, INVITED + HOUR):
        provider.now = at
        tick(provider, at)
    assert len(provider.rang) == texts
    for text, code in zip(provider.rang, linked, strict=True):
        assert links.token(visit(participant, code)) in text.text.body
    assert [(code, state, in_another) for code, _, state, in_another in rows(participant)] == [
        ("d14", *became[1]),
        ("d7", *became[0]),
    ]
    assert books(participant.study, now=INVITED + DAY).balanced


def test_reminders_of_both_are_one_text_and_of_the_rest_after_one_was_answered(session: Session) -> None:
    both, rest, provider = pair(), pair(number=2), Provider()
    session.commit()
    tick(provider, INVITED)
    answered(visit(rest, "d7"), INVITED + HOUR)
    session.commit()
    provider.rang.clear()
    tick(provider, REMINDED)
    said = {text.text.to: text.text.body for text in provider.rang}
    assert len(said) == len(provider.rang) == 2
    assert links.token(visit(both, "d7")) in said[both.contact.phone or ""]
    assert links.token(visit(rest, "d14")) in said[rest.contact.phone or ""]


def test_an_invitation_goes_before_a_reminder_so_that_none_is_reminded_of_what_she_was_not_asked(
    session: Session,
) -> None:
    participant, provider = pair(), Provider()
    moved(visit(participant, "d14"), timedelta(days=1, hours=8), "send_at")
    moved(visit(participant, "d7"), -HOUR, "closes_at")
    session.commit()
    tick(provider, INVITED)
    tick(provider, REMINDED)
    assert rows(participant)[0] == ("d14", "invitation", "accepted", False)
    assert ("d7", "reminder-1", "accepted", True) in rows(participant)
    assert "Vi har noen nye spørsmål til deg" in provider.rang[1].text.body


@pytest.mark.parametrize(
    ("status", "becomes"), [("delivered", MessageState.DELIVERED), ("undelivered", MessageState.FAILED)]
)
def test_a_report_tells_of_both(session: Session, status: str, becomes: MessageState) -> None:
    participant, provider = pair(), Provider()
    session.commit()
    tick(provider, INVITED)
    store(provider.rang[0].message_id, {"MessageSid": "SM0", "MessageStatus": status}, INVITED)
    apply_receipts(provider, INVITED)
    assert [state for _, _, state, _ in rows(participant)] == [becomes, becomes]
    assert books(participant.study, now=INVITED + DAY).balanced


def test_a_text_that_did_not_leave_after_all_is_owed_again_and_once(session: Session) -> None:
    participant, provider = pair(), Provider(faults=["busy"])
    session.commit()
    tick(provider, INVITED)
    assert rows(participant) == [("d14", "invitation", "queued", False), ("d7", "invitation", "queued", False)]
    tick(provider, INVITED + HOUR)
    assert len(provider.rang) == 1
    assert sorted(in_another for *_, in_another in rows(participant)) == [False, True]


def test_a_text_that_is_lost_is_sent_once_more_and_flagged_for_both(session: Session) -> None:
    participant, provider = pair(), Provider(faults=["broken-before"])
    session.commit()
    for passed in (0, 3, 6, 9, 12, 15, 18, 21, 24):
        provider.now = INVITED + minutes(passed)
        tick(provider, provider.now)
    assert len(provider.rang) == 1
    assert set(session.scalars(select(Message.possible_duplicate))) == {True}
    assert books(participant.study, now=INVITED + DAY).balanced


def test_a_lost_reminder_is_not_sent_again_for_either(session: Session) -> None:
    participant, provider = pair(), Provider()
    session.commit()
    tick(provider, INVITED)
    provider.rang.clear()
    provider.faults.append("broken-before")
    for passed in range(0, 27, 3):
        provider.now = REMINDED + minutes(passed)
        tick(provider, provider.now)
    assert provider.rang == []
    reminders = [row for row in rows(participant) if row[1] == "reminder-1"]
    assert [state for _, _, state, _ in reminders] == ["failed", "failed"]
    assert set(session.scalars(select(Message.reason).where(Message.kind == "reminder-1"))) == {Reason.NO_TRACE}


def test_of_a_lost_text_the_invitation_alone_is_sent_again(session: Session) -> None:
    participant, provider = pair(), Provider()
    moved(visit(participant, "d14"), timedelta(days=1, hours=8), "send_at")
    session.commit()
    tick(provider, INVITED)
    provider.rang.clear()
    provider.faults.append("broken-before")
    for passed in range(0, 27, 3):
        provider.now = REMINDED + minutes(passed)
        tick(provider, provider.now)
    assert [links.token(visit(participant, "d14")) in text.text.body for text in provider.rang] == [True]
    assert ("d7", "reminder-1", "failed", False) in rows(participant)
    assert ("d14", "invitation", "accepted", False) in rows(participant)


def test_after_a_corrected_number_both_are_asked_there_in_one_text(session: Session) -> None:
    participant, provider = pair(), Provider(faults=["21211"])
    session.commit()
    tick(provider, INVITED)
    assert [state for _, _, state, _ in rows(participant)] == ["failed", "failed"]
    change_phone(participant, "+4741000001")
    session.commit()
    tick(provider, INVITED + HOUR)
    assert [text.text.to for text in provider.rang] == ["+4741000001"]
    assert len(rows(participant)) == 4


def test_together_takes_one_place_of_the_days_cap(session: Session) -> None:
    text = TOGETHER.replace("daily_cap: 500", "daily_cap: 2")
    for number in (1, 2, 3):
        pair(number, text)
    session.commit()
    provider = Provider()
    tick(provider, INVITED)
    assert len({text.text.to for text in provider.rang}) == len(provider.rang) == 2


def test_whoever_finds_half_of_it_held_by_another_clock_leaves_it_for_the_next_round(session: Session) -> None:
    participant, provider = pair(), Provider()
    session.commit()
    queue_prompts(INVITED)
    session.commit()
    with db.engine.connect() as other, Session(other) as holding:
        holding.execute(sql_text("SELECT set_config('svar.sites', '*', false)"))
        held = select(Message.id).order_by(Message.id).limit(1).with_for_update()
        assert holding.scalars(held).all()
        assert claim(provider, INVITED, 10).decided == 0
        session.commit()
        holding.rollback()
    tick(provider, INVITED)
    assert (len(provider.rang), len(rows(participant))) == (1, 2)


def test_the_link_leads_on_to_the_visit_beside_it_once_it_is_answered_or_closed(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    participant = pair()
    d7, d14 = visit(participant, "d7"), visit(participant, "d14")
    session.commit()
    first, second = links.token(d7), links.token(d14)

    def page(at: datetime, address: str) -> tuple[int, str]:
        with moved_clock(lambda: at):
            answer = client.get(address)
        return answer.status_code, answer.headers.get("Location") or answer.get_data(as_text=True)

    assert page(INVITED, f"/a/{first}")[0] == 200
    d7.closes_at = d7.grace_until = INVITED
    session.commit()
    assert page(INVITED, f"/a/{first}") == (302, f"/a/{second}")
    answered(d7, INVITED - HOUR)
    session.commit()
    code, shown = page(INVITED, f"/a/{first}/received")
    assert (code, f'href="/a/{second}"' in shown) == (200, True)
    answered(d14, INVITED)
    session.commit()
    assert f'href="/a/{second}"' not in page(INVITED, f"/a/{first}/received")[1]
