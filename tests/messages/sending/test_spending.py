"""Floods of what people write to us: each costs a few texts a day, and takes no prompt's place."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.database import transaction
from app.messages import budgets
from app.messages.budgets import Needs, Purpose, Whose
from app.messages.gateways.gateway import EMAILS
from app.messages.gateways.outcomes import Outcome
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.replies import keep
from app.messages.sending.claiming import Claim, claim
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from tests.messages.books import closed
from tests.messages.erratic import Provider
from tests.messages.mail.people import mailed
from tests.messages.people import INVITED, PROTOCOL, enrolled, minutes, only, weekly

HERS, OTHERS = "+4740000001", "+4740000002"
EARLY = INVITED - timedelta(hours=1)
"""08:00 in Oslo: prompts are not due yet."""
TEXT = PROTOCOL.read_text("utf-8")


def write(session: Session, words: str, times: int, number: str = HERS, minute: float = 0) -> None:
    """So many texts to us, each with an id of its own."""
    at = EARLY + minutes(minute)
    for copy in range(times):
        keep({"MessageSid": f"SM{words}{number[-1]}{minute}-{copy}", "From": number, "Body": words}, at)
    session.commit()


def sent(session: Session) -> Counter[str]:
    """How many texts of each kind left."""
    session.expire_all()
    kinds = session.scalars(select(Message.kind).where(Message.state == MessageState.ACCEPTED)).all()
    session.rollback()
    return Counter(kind.value for kind in kinds)


@pytest.mark.parametrize("word", ["STOP", "START", "HELP", "hjelp", "stopp", "Start", "INFO"])
def test_a_flood_of_one_word_costs_one_text_and_the_books_close(
    session: Session, app: Flask, participant: Participant, word: str
) -> None:
    gateway = Provider()
    for minute in (0, 1, 2):
        write(session, word, 30, minute=minute)
        tick(gateway, EARLY + minutes(minute))
    assert sum(sent(session).values()) == 1
    reasons = Counter(session.scalars(select(Message.reason).where(Message.state == MessageState.SUPPRESSED)).all())
    assert reasons == {Reason.OVER_BUDGET: 89}
    assert closed(session, EARLY + minutes(10))


def test_each_word_has_one_answer_a_day_and_the_next_day_another(
    session: Session, app: Flask, participant: Participant
) -> None:
    gateway = Provider()
    for day in (0, 24 * 60):
        for minute, word in enumerate(("HELP", "STOP", "START", "HELP", "STOP", "START")):
            write(session, word, 1, minute=day + minute)
            tick(gateway, EARLY + minutes(day + minute))
        expected = {"help": 1, "stop": 1, "start": 1} if not day else {"help": 2, "stop": 2, "start": 2}
        answers = {kind: count for kind, count in sent(session).items() if kind in expected}
        assert answers == expected


def test_a_flood_takes_no_prompts_place(session: Session, app: Flask) -> None:
    """The cap of the day is three texts; three people are asked, whatever was written before."""
    weekly(3, text=TEXT.replace("daily_cap: 500", "daily_cap: 3"))
    gateway = Provider()
    for word in ("HELP", "START"):
        for number in (HERS, OTHERS, "+4740000003"):
            write(session, word, 10, number)
    tick(gateway, EARLY)
    tick(gateway, INVITED)
    assert sent(session) == {"help": 3, "start": 3, "invitation": 3}


def test_the_protocol_says_how_many_answers_a_study_gives_a_day(session: Session, app: Flask) -> None:
    weekly(3, text=TEXT.replace("daily_cap: 500", "daily_cap: 500\n  answers_cap: 2"))
    gateway = Provider()
    for minute, number in enumerate((HERS, OTHERS, "+4740000003")):
        write(session, "HELP", 1, number, minute)
        tick(gateway, EARLY + minutes(minute))
    tick(gateway, INVITED)
    assert sent(session) == {"help": 2, "invitation": 3}


def test_an_answer_in_the_same_round_takes_no_prompts_place(session: Session, app: Flask) -> None:
    person = enrolled(text=TEXT.replace("daily_cap: 500", "daily_cap: 1"))
    only(person, "d7")
    queue_prompts(INVITED)
    session.add(answer_to(person, "reply:1:help"))
    session.commit()
    assert len(claim(Provider(), INVITED, 10).claimed) == 2


def test_two_who_share_a_number_share_its_answers(session: Session, app: Flask) -> None:
    first, other = weekly(2)
    other.contact.phone = first.contact.phone
    for copy, person in enumerate((first, other)):
        session.add(answer_to(person, f"reply:{copy}:help"))
    session.commit()
    gateway = Provider()
    tick(gateway, EARLY)
    assert (sent(session), gateway.tries) == ({"help": 1}, {HERS: 1})


def answer_to(person: Participant, key: str) -> Message:
    """An answer that is owed to her."""
    usual = {"kind": MessageKind.HELP, "state": MessageState.QUEUED, "language": "nb", "participant": person}
    return Message(dedupe_key=key, study=person.study, owed_at=EARLY, not_before=EARLY, queued_at=EARLY, **usual)


def test_an_answer_that_was_not_taken_is_not_spent(session: Session, app: Flask, participant: Participant) -> None:
    gateway = Provider(faults=["busy"])
    write(session, "HELP", 1)
    tick(gateway, EARLY)
    assert sent(session) == {}
    tick(gateway, EARLY + minutes(2))
    assert sent(session) == {"help": 1}


def test_two_clocks_answer_a_word_once(session: Session, app: Flask, participant: Participant) -> None:
    session.add_all([answer_to(participant, "reply:1:help"), answer_to(participant, "reply:2:help")])
    session.commit()
    second: list[Claim] = []

    def other_clock() -> None:
        with app.app_context(), acting("clock"), transaction():
            second.append(claim(Provider(), EARLY, 1))

    first = claim(Provider(), EARLY, 1)
    thread = threading.Thread(target=other_clock)
    thread.start()
    thread.join(0.5)
    waits = not second
    session.commit()
    thread.join()
    assert waits, "it has to see what the first one spent"
    assert (len(first.claimed), len(second[0].claimed), second[0].decided) == (1, 0, 1)


def tried(session: Session, person: Participant, kind: MessageKind, times: int) -> None:
    """So many texts of a kind left for her today."""
    for copy in range(times):
        message = answer_to(person, f"tried:{kind}:{person.id}:{copy}")
        message.kind, message.state, message.attempts, message.sid = kind, MessageState.ACCEPTED, 1, "SM"
        session.add(message)
        session.flush()
        row = {"message_id": message.id, "number": 1, "epoch": 1, "started_at": EARLY, "outcome": Outcome.ACCEPTED}
        session.execute(insert(Attempt), row)
    session.commit()


@pytest.mark.parametrize(
    ("kind", "before", "leaves"),
    [
        ("thanks", 19, True),
        ("thanks", 20, False),
        ("test", 5, True),
        ("test", 6, False),
        ("question-2", 20, False),
        ("invitation", 9, True),
        ("invitation", 10, False),
    ],
)
def test_each_persons_day_has_its_end(
    session: Session, app: Flask, participant: Participant, kind: str, before: int, leaves: bool
) -> None:
    tried(session, participant, MessageKind(kind), before)
    if kind == "invitation":
        queue_prompts(INVITED)
    else:
        message = answer_to(participant, "one more")
        message.kind = MessageKind.TEST if kind == "test" else MessageKind.HELP
        session.add(message)
    session.commit()
    at = INVITED if kind == "invitation" else EARLY
    assert len(claim(Provider(), at, 10).claimed) == leaves


def test_a_prompt_over_the_budget_waits_for_the_next_day(
    session: Session, app: Flask, participant: Participant
) -> None:
    tried(session, participant, MessageKind.REISSUE, 10)
    gateway = Provider()
    tick(gateway, INVITED)
    assert not gateway.tries
    tick(gateway, INVITED + timedelta(hours=24))
    assert gateway.tries == {HERS: 1}


@pytest.mark.parametrize(
    ("fullest", "before", "leaves"), [(5, 10, 0), (6, 11, 1), (6, 12, 0), (12, 23, 1), (12, 24, 0)]
)
def test_a_plan_that_asks_often_is_asked_to_its_end(
    session: Session, app: Flask, participant: Participant, monkeypatch: pytest.MonkeyPatch,
    fullest: int, before: int, leaves: int,
) -> None:  # fmt: skip
    """Twice what it asks of one person on its fullest day."""
    monkeypatch.setattr("app.messages.sending.spending._fullest_day", lambda protocol_id, sha256: fullest)
    tried(session, participant, MessageKind.REISSUE, before)
    queue_prompts(INVITED)
    session.commit()
    assert len(claim(Provider(), INVITED, 10).claimed) == leaves


def test_who_has_no_number_has_a_days_budget_of_her_own(session: Session, app: Flask) -> None:
    first, second = (mailed(number, phone="") for number in (1, 2))
    tried(session, first, MessageKind.REISSUE, 10)
    tried(session, second, MessageKind.REISSUE, 9)
    gateway = Provider(carries=EMAILS)
    tick(gateway, INVITED)
    assert gateway.tries == {"kari2@example.org": 1}, "the other has had ten already"
    tick(gateway, INVITED + timedelta(hours=24))
    assert gateway.tries == {"kari2@example.org": 1, "kari@example.org": 1}


def test_thirty_people_without_a_number_are_all_asked(session: Session, app: Flask) -> None:
    """Their e-mails are no texts to one number, whose day ends at twenty."""
    for number in range(1, 31):
        mailed(number, phone="")
    gateway = Provider(carries=EMAILS)
    tick(gateway, INVITED)
    assert len(gateway.tries) == 30


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """A site may send two prompts a day; returns how many people it was thought to have."""
    people = set()

    def two_a_site(aim: Purpose, needs: Needs) -> dict[Whose, int]:
        people.add(needs.people)
        return {Whose.SITE: 2} if aim is Purpose.PROMPT else {}

    monkeypatch.setattr(budgets, "limits", two_a_site)
    return people


def test_a_sites_prompts_over_its_budget_wait_and_no_other_sites(
    session: Session, app: Flask, narrow: set[int]
) -> None:
    for number, site in ((1, "01"), (2, "01"), (3, "01"), (4, "02")):
        only(enrolled(number, at=site), "d7")
    withdraw(enrolled(5, at="01"), "moved away", EARLY)
    session.commit()
    gateway = Provider(faults=["busy"])
    for minute in (0, 1, 2):
        tick(gateway, INVITED + minutes(minute))
    assert gateway.tries == {HERS: 2, OTHERS: 1, "+4740000004": 1}, "what was not taken is not spent"
    assert sent(session) == {"invitation": 3}
    tick(gateway, INVITED + timedelta(hours=24))
    assert sent(session)["invitation"] == 4
    assert narrow - {0} == {1, 3}, "who withdrew is not counted"
