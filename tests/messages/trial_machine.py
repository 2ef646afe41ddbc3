"""A small trial in which anything may happen in any order; after each step it holds what is promised."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import func, select, update

from app.clock import tick
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Problem
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.models import Attempt, Message, MessageState, Reply
from app.messages.monitoring.ledger import books
from app.messages.outlook.upcoming import next_instant
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.receipts import store
from app.messages.receiving.replies import keep
from app.messages.sending.claiming import claim
from app.messages.sending.settling import settle
from app.messages.sending.weighing import Attempted
from app.participants.enrolment import change_phone, opt_in, opt_out, withdraw
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.models import Response
from app.schedule.models import Assessment
from app.studies.models import Study
from tests.messages.erratic import FAULTS, Provider
from tests.messages.judging import Known, allowed, known_of
from tests.messages.people import INVITED, enrolled, only


def two_weeks(number: int) -> None:
    """Somebody with two weekly visits, one after the other."""
    only(enrolled(number), "d7", "d14")


class Trial(RuleBasedStateMachine):
    """A small trial with two weekly visits for each of three to five people."""

    app: Flask
    enrolled: Callable[[int], object] = staticmethod(two_weeks)
    """How somebody comes who takes part."""
    ever_rang: ClassVar[int] = 0
    """How many texts were judged in all of its histories."""

    def __init__(self) -> None:
        super().__init__()
        self.provider, self.now = Provider(), INVITED - timedelta(hours=2)
        self.context = self.app.app_context()
        self.context.push()
        self.acts = acting("test")
        self.acts.__enter__()
        self.reached = db.session.scalar(select(func.max(Participant.id))) or 0
        self.asleep: list[Attempted] = []
        self.known: dict[int, Known] = {}
        self.judged = self.heard = self.late = 0
        self.moved = False
        self.starting: set[str | None] = set()

    @initialize()
    def begin(self) -> None:
        """Each run has people of its own in the same database; nobody of an earlier run takes part any more."""
        long_ago = INVITED - timedelta(days=20)
        present = Participant.withdrawn_at.is_(None) | (Participant.withdrawn_at > long_ago)
        db.session.execute(update(Participant).where(present).values(withdrawn_at=long_ago))
        for number in range(1, 4):
            self.enrolled(self.reached + number)
        db.session.commit()

    def people(self) -> list[Participant]:
        return list(db.session.scalars(select(Participant).where(Participant.id > self.reached)))

    @precondition(lambda self: self.late < 2)
    @rule()
    def enrol(self) -> None:
        """Somebody joins late: what is open by then is owed at once."""
        self.late += 1
        self.enrolled(self.reached + 3 + self.late)
        self.done()

    def someone(self, number: int) -> Participant:
        people = self.people()
        return people[number % len(people)]

    def done(self) -> None:
        db.session.commit()

    @rule(minutes=st.sampled_from([1, 3, 17, 60, 8 * 60]))
    def tick(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.provider.now = self.now
        tick(self.provider, self.now)
        self.moved = True

    @rule()
    def until_something_is_due(self) -> None:
        """The next hour at which a text is owed, may leave, or is asked about; or the next day."""
        self._until_due()
        self.tick(0)

    def _until_due(self) -> None:
        at = next_instant(self.now)
        db.session.rollback()
        wait = at - self.now if at is not None else timedelta(days=1)
        self.now += timedelta(minutes=max(1, math.ceil(wait / timedelta(minutes=1))))

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4))
    def fault(self, faults: list[str]) -> None:
        self.provider.faults.extend(faults)

    @rule(fault=st.sampled_from(["broken-before", "lost-after"]))
    def outage(self, fault: str) -> None:
        """For more than an hour nobody can tell what becomes of a text, and the provider's list does not help."""
        self.provider.faults = [fault] * 20
        self.until_something_is_due()
        for _ in range(4):
            self.tick(17)
        self.provider.faults.clear()

    @rule(sent=st.booleans())
    def crash(self, sent: bool) -> None:
        """A worker claims, perhaps sends, and is not heard of for long."""
        self.asleep += self._claimed(sent)

    @rule()
    def wake(self) -> None:
        """Workers that slept write down what they know, however late."""
        woken, self.asleep = self.asleep, []
        self._settled(woken)

    @rule(sent=st.booleans())
    def wake_after_the_successor_has_claimed(self, sent: bool) -> None:
        """A worker sleeps so long that its texts are given up and claimed by another; then it comes back."""
        self._until_due()
        asleep = self._claimed(sent=False)
        for minutes in (5, 17):
            self.tick(minutes)
        self.asleep += self._claimed(sent)
        self._settled(asleep)

    @rule(number=st.integers(0, 4), value=st.integers(0, 10))
    def answer_after_the_text_was_queued(self, number: int, value: int) -> None:
        """The clock queues what falls due next; before anybody claims it, the answer is committed."""
        self._until_due()
        with acting("clock"), transaction():
            queue_prompts(self.now)
        waiting = select(Assessment).join(Message, Message.assessment_id == Assessment.id)
        mine = Message.participant_id == self.someone(number).id, Message.state == MessageState.QUEUED
        for assessment in db.session.scalars(waiting.where(*mine).distinct()).all():
            self._answer(assessment, value)

    def _claimed(self, sent: bool) -> list[Attempted]:
        """A worker's claim of two texts, and what it would write down: that it sent them, or did not come to it."""
        self.moved, self.provider.now = True, self.now
        with acting("clock"), transaction():
            queue_prompts(self.now)
        with acting("clock"), transaction():
            mine = claim(self.provider, self.now, 2)
        return [
            Attempted(claim, self.provider.send(claim.text, self.provider.now) if sent else Sent(Outcome.BUSY))
            for claim in mine.claimed
        ]

    def _settled(self, results: list[Attempted]) -> None:
        """Write them down. What another has claimed since stays as it is."""
        self.moved = True
        epochs = {result.claimed.text.message_id: result.claimed.epoch for result in results}
        before = self._rows(epochs)
        with acting("clock"), transaction():
            settle(results, self.provider, self.now)
        for row, now in zip(before, self._rows(epochs), strict=True):
            assert row.epoch == epochs[row.id] or row == now, "it wrote over its successor"

    def _rows(self, ids: Iterable[int]) -> Sequence[Any]:
        columns = Message.id, Message.epoch, Message.state, Message.sid, Message.lease_until, Message.not_before
        rows = db.session.execute(select(*columns).where(Message.id.in_(ids)).order_by(Message.id)).all()
        db.session.rollback()
        return rows

    @rule(which=st.integers(0, 20), status=st.sampled_from(["sent", "delivered", "undelivered"]))
    def callback(self, which: int, status: str) -> None:
        if self.provider.rang:
            rang = self.provider.rang[which % len(self.provider.rang)]
            store(rang.message_id, {"MessageSid": rang.sid, "MessageStatus": status}, self.now)
            self.done()

    @rule(number=st.integers(0, 4), words=st.sampled_from(["STOP", "start", "Hei", "6"]), again=st.booleans())
    def reply(self, number: int, words: str, again: bool) -> None:
        """A text from a patient, perhaps handed to us twice."""
        self.heard += 1
        form = {"MessageSid": f"IN{self.reached}-{self.heard}", "Body": words}
        phone = self.someone(number).contact.phone
        if words == "start":
            self.starting.add(phone)
        for _ in range(1 + again):
            keep(form | {"From": phone or ""}, self.now)
            self.done()

    @rule(number=st.integers(0, 4), visit=st.sampled_from(["d7", "d14"]), value=st.integers(0, 10))
    def submit(self, number: int, visit: str, value: int) -> None:
        query = select(Assessment).filter_by(participant_id=self.someone(number).id, visit=visit)
        self._answer(db.session.scalars(query).one(), value)

    def _answer(self, assessment: Assessment, value: int) -> None:
        answers = {"nrs_lbp_week": dict.fromkeys(("now", "worst", "usual"), value)}
        try:
            submit(assessment, answers, self.now, language="nb")
            self.done()
        except Problem:
            db.session.rollback()

    @rule(number=st.integers(0, 4))
    def withdraw(self, number: int) -> None:
        participant = self.someone(number)
        if participant.withdrawn_at is None:
            withdraw(participant, "no reason given", self.now)
            self.done()

    @rule(number=st.integers(0, 4), again=st.booleans())
    def stop_or_start(self, number: int, again: bool) -> None:
        opt_in(self.someone(number)) if again else opt_out(self.someone(number), self.now)
        self.done()

    @rule(number=st.integers(0, 4), digits=st.integers(0, 9999))
    def change_phone(self, number: int, digits: int) -> None:
        change_phone(self.someone(number), f"+474100{digits:04d}")
        self.done()

    @invariant()
    def what_rings_was_allowed_by_what_was_committed_before(self) -> None:
        fresh, self.judged = self.provider.rang[self.judged :], len(self.provider.rang)
        type(self).ever_rang += len(fresh)
        for text in fresh:
            message = db.session.get_one(Message, text.message_id)
            allowed(text, message, self.known[message.participant_id], self.starting)
        if db.session.scalar(select(func.count()).where(Reply.handled_at.is_(None))) == 0:
            self.starting.clear()
        answered = select(Assessment.participant_id, Assessment.id).where(Assessment.submitted_at.is_not(None))
        done = db.session.execute(answered.where(Assessment.participant_id > self.reached)).all()
        self.known = {
            person.id: known_of(person, {id_ for who, id_ in done if who == person.id}) for person in self.people()
        }
        db.session.rollback()

    @invariant()
    def at_most_two_texts_and_two_only_if_flagged(self) -> None:
        if not self.moved:
            return
        rang = Counter(text.message_id for text in self.provider.rang)
        gone = Attempt.outcome.is_(None) | Attempt.outcome.in_([Outcome.ACCEPTED, Outcome.UNKNOWN])
        tries = select(Message.id, Message.kind, Message.possible_duplicate, func.count(Attempt.id).filter(gone))
        mine = tries.join(Attempt, Attempt.message_id == Message.id).where(Message.participant_id > self.reached)
        for message_id, kind, flagged, attempts in db.session.execute(mine.group_by(Message.id)):
            most = 2 if flagged else 1
            assert rang[message_id] <= attempts <= most, (kind, rang[message_id], attempts, flagged)
            assert not (flagged and kind.startswith("reminder"))
        db.session.rollback()

    @invariant()
    def the_ledger_closes_and_there_is_at_most_one_response_each(self) -> None:
        if not self.moved:
            return
        self.moved = False
        several = select(Response.assessment_id).group_by(Response.assessment_id).having(func.count() > 1)
        assert db.session.scalars(several).all() == []
        study = db.session.scalars(select(Study)).one_or_none()
        assert study is None or not books(study).contradictions
        mine = select(func.count()).where(Reply.sid.startswith(f"IN{self.reached}-"))
        assert db.session.scalar(mine) == self.heard
        db.session.rollback()

    def teardown(self) -> None:
        db.session.rollback()
        self.acts.__exit__(None, None, None)
        self.context.pop()
