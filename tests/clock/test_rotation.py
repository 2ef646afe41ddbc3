"""Keys are changed while several processes run: with the old ring, with both, with the new one in front."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import JOBS, SLOW_JOBS, take_turn
from app.config import Settings
from app.core import crypto, key_marks, newer_keys
from app.core.crypto import Keyring, new_key
from app.core.problems import NotFound, Unavailable
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Reply, Stranger
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.rounds import WITHOUT_KEYS
from app.messages.receiving import replies
from app.participants import way_out
from app.participants.finding import find_by_phone
from app.participants.models import Participant
from app.participants.pin import is_pin, set_pin
from app.responses import sms
from app.schedule import links
from app.schedule.models import Assessment
from app.studies.access import Scope
from app.studies.models import StudyState
from tests.clock.running import clock, until
from tests.clock.test_moved import Looking, at_noon
from tests.core.test_key_marks import machine
from tests.factories import example, installed, scheduled
from tests.fake_twilio import server
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, enrolled, only, visit
from tests.settings import KEY
from tests.web.serving import Served, served

NEW = new_key(2)
OLD, BEHIND, IN_FRONT = KEY, f"{KEY},{NEW}", f"{NEW},{KEY}"
RINGS = {"old": OLD, "behind": BEHIND, "in front": IN_FRONT}


@contextmanager
def ring(keys: str) -> Iterator[None]:
    """Whatever is closed and signed here is so by a process with these keys."""
    before = crypto.keyring()
    crypto.configure(Keyring.parse(keys))
    yield
    crypto.configure(before)


@pytest.fixture
def due(session: Session) -> Assessment:
    someone = enrolled(pin="4711")
    only(someone, "d7")
    session.commit()
    return visit(someone, "d7")


@pytest.fixture
def lacking(app: Flask, session: Session, due: Assessment) -> Participant:
    """This process was started with the old ring; since then one with the new ring was, and closed her number."""
    newer_keys.begin()
    assert key_marks.hold(Keyring.parse(IN_FRONT), production=True) is None
    session.commit()
    with ring(IN_FRONT):
        contact = due.participant.contact
        contact.phone = "+4740000001"
        set_pin(contact, "4711")
        session.commit()
    return due.participant


@pytest.fixture
def gateway(settings: Settings) -> SandboxGateway:
    return SandboxGateway(settings)


def scope_of(someone: Participant) -> Scope:
    return Scope(someone.study, (someone.site_id,), frozenset(), whole=False)


class Rotating(NamedTuple):
    servers: dict[str, Served]

    def codes(self, path: str) -> dict[str, int]:
        """What each process answers there."""
        return {
            name: web.ask("GET", path, Host="svar.example.org", Accept="text/html")[0].status
            for name, web in self.servers.items()
        }


@pytest.fixture
def rotating(session: Session, settings: Settings, due: Assessment, tmp_path: Path) -> Iterator[Rotating]:
    """Three real servers on one database, begun in the order of a rotation."""
    with ExitStack() as stack:
        yield Rotating({
            name: stack.enter_context(served(settings, **machine(settings, tmp_path, keys)))
            for name, keys in RINGS.items()
        })  # fmt: skip


def test_a_link_opens_in_every_process_that_has_its_key_and_waits_in_one_that_lacks_it(
    rotating: Rotating, due: Assessment
) -> None:
    with ring(IN_FRONT):
        by_old, by_new = links.token(due, key_id=1), links.token(due)
        way_out_by_new = way_out.unsubscribe_token(due.participant_id, due.participant.mark)
    with ring(new_key(3)):
        of_nobody = links.token(due)
    everywhere = dict.fromkeys(RINGS, 410)
    assert rotating.codes(f"/a/{by_old}") == everywhere, "ours: the visit is over, which the page says"
    assert rotating.codes(f"/a/{by_new}") == everywhere | {"old": 503}
    assert rotating.codes(f"/a/{of_nobody}") == dict.fromkeys(RINGS, 404)
    answer, page = rotating.servers["old"].ask("GET", f"/a/{by_new}", Host="svar.example.org", Accept_Language="en")
    assert ("Not just now" in page, answer.headers["Retry-After"]) == (True, "60")
    assert way_out_by_new not in page
    readiness = {
        name: web.ask("GET", "/health/ready", Host="svar.example.org")[1] for name, web in rotating.servers.items()
    }
    assert {name: "started before key 2 was" in text for name, text in readiness.items()} == {
        "old": True, "behind": False, "in front": False,
    }  # fmt: skip


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """It knows the account that the machines have."""
    ours = machine(settings, tmp_path, OLD)
    monkeypatch.setattr(server, "ACCOUNT", ours["TWILIO_ACCOUNT_SID"])
    monkeypatch.setattr(server, "TOKEN", ours["TWILIO_AUTH_TOKEN"])
    made = Server()
    yield made
    made.close()


def now_due() -> None:
    """Somebody whose text is due since this morning."""
    infused = datetime.now(UTC) - timedelta(days=7)
    early = infused - timedelta(days=30)
    someone = scheduled(installed(example(at_noon()), early, StudyState.LIVE), infused, given_at=infused, now=early)
    only(someone, "d7")


def test_a_clock_with_the_old_keys_leaves_texts_to_one_that_has_the_new_ones(
    session: Session, settings: Settings, provider: Server, tmp_path: Path
) -> None:
    marked = {"SVAR_TEST_INSTALLATION": "yes", "TWILIO_BASE_URL": provider.address}
    started = machine(settings, tmp_path, OLD) | marked | {"SVAR_INSTANCE": str(settings.instance)}
    heartbeats.beat(holding.REMEMBERING, datetime.now(UTC))
    holding.remember(settings.instance, datetime.now(UTC))
    session.commit()
    look = Looking(session)
    with clock(settings, tmp_path / "time", 0, **started):
        look.passes(heartbeats.DELIVER)
        assert key_marks.hold(Keyring.parse(IN_FRONT), production=True, test_installation=True) is None
        with ring(IN_FRONT):
            now_due()
        session.commit()
        look.passes("receipts")
        assert (provider.twilio.times(), look.left()) == ({}, [])
        with clock(settings, tmp_path / "time of the other", 0, **started | {"FIELD_KEYS": IN_FRONT}):
            until(lambda: len(look.left()) == 1)
            look.passes(heartbeats.DELIVER)
    assert list(provider.twilio.times().values()) == [1]


def test_whoever_lacks_a_key_takes_nobody_for_a_stranger(lacking: Participant, session: Session) -> None:
    replies.keep({"MessageSid": "SM1", "From": "+4740000001", "Body": "STOP"}, INVITED)
    session.commit()
    with pytest.raises(Unavailable):
        sms.hear_replies(INVITED)
    session.rollback()
    reply = session.scalars(select(Reply)).one()
    assert reply.handled_at is None
    with ring(IN_FRONT):
        assert sms.hear_replies(INVITED) == 1
    assert (lacking.contact.opted_out_at, reply.participant_id) == (INVITED, lacking.id)
    assert session.scalars(select(Stranger)).all() == []


@pytest.mark.parametrize(("name", "runs"), [(job.name, job.name in WITHOUT_KEYS) for job in (*JOBS, *SLOW_JOBS)])
def test_its_clock_runs_only_what_needs_no_keys(
    lacking: Participant, gateway: SandboxGateway, name: str, runs: bool
) -> None:
    (job,) = (job for job in (*JOBS, *SLOW_JOBS) if job.name == name)
    with moved_clock(lambda: INVITED):
        assert take_turn(job, gateway) is runs


def test_its_pages_say_not_just_now_in_place_of_what_is_not_so(lacking: Participant, session: Session) -> None:
    with ring(IN_FRONT):
        token, out = links.token(visit(lacking, "d7")), way_out.unsubscribe_token(lacking.id, lacking.mark)
    for attempt in (
        lambda: links.resolve(token),
        lambda: way_out.of_token(out),
        lambda: is_pin(lacking.contact, "4711"),
        lambda: find_by_phone(scope_of(lacking), "+4740000001", "user:1", INVITED),
    ):
        with pytest.raises(Unavailable):
            attempt()
    with ring(new_key(3)), pytest.raises(NotFound):
        links.resolve("A" * links.LENGTH)


def test_a_key_that_is_only_noted_keeps_nobody_waiting(app: Flask, session: Session, due: Assessment) -> None:
    """As the first step of a rotation has it: others have the new key behind theirs."""
    newer_keys.begin()
    assert key_marks.hold(Keyring.parse(BEHIND), production=True) is None
    session.commit()
    assert is_pin(due.participant.contact, "4711")
    assert not is_pin(due.participant.contact, "4712")
    assert [person.id for person in find_by_phone(scope_of(due.participant), "+4740000001", "user:1", INVITED)] == [
        due.participant_id
    ]


def test_a_key_that_had_gone_before_the_start_is_not_waited_for(app: Flask, session: Session, due: Assessment) -> None:
    with ring(IN_FRONT):
        token = links.token(due)
    assert key_marks.hold(Keyring.parse(IN_FRONT), production=True) is None
    session.commit()
    newer_keys.begin()
    assert newer_keys.complaint() is None
    with pytest.raises(NotFound):
        links.resolve(token)
