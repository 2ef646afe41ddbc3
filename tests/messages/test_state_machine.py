"""Anything may happen in any order: a Hypothesis machine drives the product and holds what is promised."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.clock import tick
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Problem
from app.core.time import moved_clock
from app.messages.claiming import claim
from app.messages.gateways import Found, Outgoing
from app.messages.ledger import books
from app.messages.models import Message
from app.messages.outcomes import Outcome, Sent, classify
from app.messages.prompts import queue_prompts
from app.messages.receipts import store
from app.participants.enrolment import change_phone, opt_in, opt_out, withdraw
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.models import Response
from app.schedule.models import Assessment
from app.studies.models import Study
from tests.messages.people import INVITED, enrolled, only

OSLO = ZoneInfo("Europe/Oslo")
FAULTS = ("", "", "", "", "busy", "unreachable", "broken-before", "broken-after", "21211", "21610", "29999")


class Provider:
    """A gateway in memory that does as the next fault says, and remembers what rang, when and for whom."""

    name, real, threads, base = "memory", True, 0, "http://localhost"

    def __init__(self) -> None:
        self.rang: list[tuple[int, str, datetime, Outgoing]] = []
        self.faults: list[str] = []
        self.now = INVITED

    def send(self, text: Outgoing) -> Sent:
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdigit():
            return Sent(classify(400, fault), http_status=400, error_code=fault)
        if fault in ("busy", "unreachable"):
            return Sent(Outcome(fault))
        if fault != "broken-before":
            self.rang.append((text.message_id, f"SM{len(self.rang)}", self.now, text))
        if fault.startswith("broken"):
            return Sent(Outcome.UNKNOWN, http_status=500)
        return Sent(Outcome.ACCEPTED, sid=self.rang[-1][1], http_status=201)

    def find(self, to: str, since: datetime) -> list[Found]:
        return [
            Found(sid, text.body, at, "sent")
            for _, sid, at, text in reversed(self.rang)
            if text.to == to and at >= since - timedelta(minutes=1)
        ]

    def redact(self, sid: str) -> None:
        """Nothing is kept here."""


class Trial(RuleBasedStateMachine):
    """A small trial with two weekly visits for each of three people."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.provider, self.now = Provider(), INVITED - timedelta(hours=2)
        self.context = self.app.app_context()
        self.context.push()
        self.acts = acting("test")
        self.acts.__enter__()
        self.opted_out: dict[int, datetime] = {}
        self.reached = db.session.scalar(select(func.max(Participant.id))) or 0

    @initialize()
    def begin(self) -> None:
        """Each run has people of its own in the same database; nobody of an earlier run takes part any more."""
        for earlier in db.session.scalars(select(Participant).where(Participant.withdrawn_at.is_(None))):
            earlier.withdrawn_at = INVITED - timedelta(days=20)
        for number in range(1, 4):
            participant = enrolled(self.reached + number)
            only(participant, "d7", "d14")
        db.session.commit()

    def someone(self, number: int) -> Participant:
        return db.session.scalars(select(Participant).where(Participant.id > self.reached)).all()[number]

    def done(self) -> None:
        db.session.commit()

    @rule(minutes=st.sampled_from([1, 3, 20, 60, 8 * 60, 26 * 60]))
    def tick(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.provider.now = self.now
        tick(self.provider, self.now)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4))
    def fault(self, faults: list[str]) -> None:
        self.provider.faults.extend(faults)

    @rule(sent=st.booleans())
    def crash(self, sent: bool) -> None:
        """A worker claims, perhaps sends, and is never heard of again."""
        with acting("clock"), transaction():
            queue_prompts(self.now)
        with acting("clock"), transaction():
            mine = claim(self.provider, self.now, 2)
        for one in mine.claimed if sent else ():
            self.provider.send(one.text)

    @rule(data=st.data(), status=st.sampled_from(["sent", "delivered", "undelivered"]))
    def callback(self, data: Any, status: str) -> None:
        if self.provider.rang:
            message_id, sid, _, _ = data.draw(st.sampled_from(self.provider.rang))
            store(message_id, {"MessageSid": sid, "MessageStatus": status}, self.now)
            self.done()

    @rule(
        number=st.integers(0, 2),
        visit=st.sampled_from(["d14"]),
        values=st.lists(st.integers(0, 10), min_size=3, max_size=3),
    )
    def submit(self, number: int, visit: str, values: list[int]) -> None:
        query = select(Assessment).filter_by(participant_id=self.someone(number).id, visit=visit)
        answers = dict(zip(("now", "worst", "usual"), values, strict=True))
        try:
            submit(db.session.scalars(query).one(), {"nrs_lbp_week": answers}, self.now, language="nb")
            self.done()
        except Problem:
            db.session.rollback()

    @rule(number=st.integers(0, 2))
    def withdraw(self, number: int) -> None:
        participant = self.someone(number)
        if participant.withdrawn_at is None:
            withdraw(participant, "no reason given", self.now)
            self.done()

    @rule(number=st.integers(0, 2), again=st.booleans())
    def stop_or_start(self, number: int, again: bool) -> None:
        participant = self.someone(number)
        if again:
            opt_in(participant)
            self.opted_out.pop(participant.id, None)
        else:
            opt_out(participant, self.now)
            self.opted_out.setdefault(participant.id, self.now)
        self.done()

    @rule(number=st.integers(0, 2), digits=st.integers(0, 9999))
    def change_phone(self, number: int, digits: int) -> None:
        change_phone(self.someone(number), f"+474100{digits:04d}")
        self.done()

    @invariant()
    def at_most_two_texts_and_two_only_if_flagged(self) -> None:
        times = Counter(message_id for message_id, _, _, _ in self.provider.rang)
        flagged = set(db.session.scalars(select(Message.id).where(Message.possible_duplicate)))
        assert all(count <= (2 if message_id in flagged else 1) for message_id, count in times.items())

    @invariant()
    def none_after_an_opt_out_is_committed(self) -> None:
        owners = dict(db.session.execute(select(Message.id, Message.participant_id)).all())
        for message_id, _, at, _ in self.provider.rang:
            since = self.opted_out.get(owners[message_id])
            assert since is None or at <= since

    @invariant()
    def none_in_quiet_hours(self) -> None:
        assert all(8 <= at.astimezone(OSLO).hour < 20 for _, _, at, _ in self.provider.rang)

    @invariant()
    def at_most_one_response_each_and_the_ledger_closes(self) -> None:
        several = select(Response.assessment_id).group_by(Response.assessment_id).having(func.count() > 1)
        assert db.session.scalars(several).all() == []
        study = db.session.scalars(select(Study)).one_or_none()
        assert study is None or not books(study).contradictions
        db.session.rollback()

    def teardown(self) -> None:
        db.session.rollback()
        self.acts.__exit__(None, None, None)
        self.context.pop()


@pytest.mark.slow
def test_whatever_happens_the_promises_hold(app: Flask) -> None:
    class Machine(Trial):
        pass

    Machine.app = app
    with moved_clock(lambda: INVITED):
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=15, stateful_step_count=25, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
