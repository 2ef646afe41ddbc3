"""What patients wrote in the time that a back-up does not cover: heard from the provider's log, or told to a person."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.crypto import keyring
from app.core.database import transaction
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState, Reply, Stranger
from app.messages.queueing.pausing import current_pause, pause_texts, resume_texts
from app.messages.receiving import provider_log, restoring, strangers
from app.participants.models import Participant, Task
from app.participants.tasks import close_task
from app.rehearsal import carrier as carrying
from app.rehearsal.carrier import Carrier
from app.studies.texts import render
from tests.fake_twilio.server import Rang, Server
from tests.messages.people import INVITED, enrolled, minutes
from tests.messages.receiving.gap import NOW, SINCE

HER, NOBODY = "+4740000001", "+4740009999"


@pytest.fixture
def carrier() -> Carrier:
    return Carrier("http://localhost")


def rung(number: str, body: str) -> carrying.Rang:
    """A text of ours that rang in the gap."""
    return carrying.Rang(f"SM{len(body)}{number}", number, body, INVITED)


def answer(participant: Participant, kind: MessageKind) -> str:
    """The words of our answer to her."""
    plan = participant.protocol.plan
    site = plan.site(participant.site.code)
    return render(plan.template(kind, participant.language), sender=site.sender["nb"], phone=site.phone)


def notes(session: Session) -> list[str | None]:
    return list(session.scalars(select(Task.note).order_by(Task.id)))


def test_a_stop_of_the_gap_is_kept_and_then_heard(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    written = carrier.write(HER, "STOPP", INVITED)
    gap = provider_log.look(carrier, SINCE, NOW)
    assert (gap.heard, gap.stopped, gap.unread) == (1, ("01-001",), ())
    assert restoring.unheard()
    kept = session.scalars(select(Reply)).one()
    assert (kept.sid, kept.received_at) == (written.sid, INVITED)
    session.rollback()
    tick(gateway, NOW)
    session.refresh(participant.contact)
    assert participant.contact.opted_out_at is not None
    assert not restoring.unheard()
    assert provider_log.look(carrier, SINCE, NOW).heard == 0, "it is kept once"


HELPED, CONFIRMED, PROMPT = MessageKind.HELP, MessageKind.STOP, "Svar her: http://localhost/a/x"
STOP, LOST, IN_DOUBT = provider_log.STOPPED, provider_log.LOST, provider_log.IN_DOUBT


@pytest.mark.parametrize(
    ("wrote", "rang", "stopped", "unread", "in_doubt"),
    [
        (1, [(CONFIRMED, 0)], True, False, False),
        (1, [(CONFIRMED, -1)], False, False, True),  # of a STOP before it
        (1, [], False, False, True),  # the confirmation was lost
        (1, [("", 0)], False, False, True),  # TWILIO_CONTENT_RETENTION=discard
        (1, [("", 60)], False, False, True),
        (1, [("Andre ord: STOPP er notert", 0)], False, False, True),  # by a protocol that is lost too
        (1, [(HELPED, 0)], False, True, False),
        (1, [(HELPED, 0), (CONFIRMED, 1)], True, False, False),
        (2, [(HELPED, 0)], False, False, True),  # one of the two may have been STOP
        (2, [(HELPED, 0), (MessageKind.START, 0)], False, True, False),
        (1, [(PROMPT, 9)], False, False, True),  # it may have been on its way
        (1, [(PROMPT, 10)], False, True, False),  # nobody is asked who has said STOP
        (2, [(HELPED, 0), (CONFIRMED, 1), (HELPED, 20)], True, False, False),
    ],
)
def test_f39_of_words_that_were_taken_out_what_we_wrote_tells_or_her_texts_wait(
    session: Session,
    participant: Participant,
    carrier: Carrier,
    wrote: int,
    rang: list[tuple[str, int]],
    stopped: bool,
    unread: bool,
    in_doubt: bool,
) -> None:
    for _ in range(wrote):
        carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    for number, (words, later) in enumerate(rang):
        body = answer(participant, MessageKind(words)) if words in set(MessageKind) else words
        carrier.rang.append(carrying.Rang(f"SM{number}", HER, body, INVITED + minutes(later)))
    session.commit()
    for _ in range(2):
        gap = provider_log.look(carrier, SINCE, NOW)
        assert (gap.heard, gap.strangers, gap.strangers_wrote) == (0, 0, 0)
        names = [gap.stopped, gap.unread, gap.in_doubt]
        assert names == [("01-001",) if is_so else () for is_so in (stopped, unread, in_doubt)]
    session.expire_all()
    assert participant.contact.opted_out_at == (INVITED if stopped else None)
    assert notes(session) == [STOP if stopped else LOST if unread else IN_DOUBT]
    pause = current_pause(participant, NOW)
    assert (pause is not None and pause.reason) == (provider_log.WAITS if in_doubt else False)
    assert session.scalar(select(func.count(Reply.id))) == wrote, "kept once"


def test_a_text_without_words_is_acted_upon_once_though_her_task_was_closed_meanwhile(
    session: Session, participant: Participant, carrier: Carrier
) -> None:
    carrier.redact(carrier.write(HER, "Hei", INVITED).sid)
    session.commit()
    provider_log.look(carrier, SINCE, NOW)
    with acting("test"), transaction():
        close_task(session.scalars(select(Task)).one(), "user:1", "Called: all is well.", NOW)
        resume_texts(participant, "user:1", NOW)
    assert provider_log.look(carrier, SINCE, NOW).in_doubt == ("01-001",)
    assert notes(session) == [IN_DOUBT]
    assert current_pause(participant, NOW + minutes(1)) is None


def test_who_may_have_said_stop_is_not_asked_when_the_others_are(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    other = enrolled(2)
    carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    session.commit()
    provider_log.look(carrier, SINCE, INVITED)
    tick(gateway, INVITED)
    tick(gateway, INVITED)
    texted = session.scalars(select(Message.participant_id).where(Message.state == MessageState.ACCEPTED)).all()
    assert texted == [other.id]


def test_a_pause_of_the_staff_is_not_forgotten(session: Session, participant: Participant, carrier: Carrier) -> None:
    pause_texts(participant, (INVITED + timedelta(days=3)).date(), "On a journey.", "user:1", INVITED)
    carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    session.commit()
    provider_log.look(carrier, SINCE, NOW)
    pause = current_pause(participant, NOW + timedelta(days=300))
    assert pause is not None
    assert pause.reason == f"{provider_log.WAITS} On a journey."


def test_stop_in_words_silences_before_the_clock_hears_it(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    """And is confirmed once: not at all where that was done before."""
    other = enrolled(2)
    carrier.write(HER, "Stopp!", INVITED)
    carrier.write("+4740000002", "STOPP", INVITED)
    carrier.rang.append(rung("+4740000002", answer(other, CONFIRMED)))
    session.commit()
    gap = provider_log.look(carrier, SINCE, NOW)
    assert (gap.heard, gap.stopped) == (2, ("01-001", "01-002"))
    session.expire_all()
    assert [person.contact.opted_out_at for person in (participant, other)] == [INVITED, INVITED]
    session.rollback()
    tick(gateway, NOW)
    owed = select(Message.participant_id).where(Message.kind == MessageKind.STOP)
    assert session.scalars(owed).all() == [participant.id]
    assert notes(session) == [STOP, STOP]
    assert provider_log.look(carrier, SINCE, NOW).stopped == ("01-001", "01-002")


def test_start_after_stop_holds(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    carrier.write(HER, "STOPP", INVITED)
    carrier.write(HER, "START", INVITED + minutes(1))
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).stopped == ("01-001",)
    tick(gateway, NOW)
    session.expire_all()
    assert participant.contact.opted_out_at is None
    assert provider_log.look(carrier, SINCE, NOW).stopped == ()


@pytest.mark.parametrize(("words", "confirmed"), [("STOPP", False), ("", True), ("", False)])
def test_what_somebody_wrote_who_was_enrolled_in_the_gap_stands_before_the_study(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway, words: str, confirmed: bool
) -> None:
    carrier.write(NOBODY, words, INVITED)
    carrier.rang.append(rung(NOBODY, answer(participant, CONFIRMED) if confirmed else "Hei"))
    session.commit()
    for _ in range(2):
        gap = provider_log.look(carrier, SINCE, NOW)
        assert (gap.stopped, gap.unread, gap.in_doubt) == ((), (), ())
        assert (gap.strangers, gap.strangers_wrote) == (1, 1)
        tick(gateway, NOW)
    row = session.scalars(select(Stranger)).one()
    assert row.note == (strangers.STOPPED if words or confirmed else strangers.WROTE)
    assert (row.answered_at is not None) == bool(words or confirmed)
    assert len(gateway.find(NOBODY, SINCE)) == (1 if words else 0), "confirmed once"


def test_who_is_enrolled_anew_is_silenced_by_the_stop_of_her_gap(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    carrier.write("+4740000002", "STOPP", INVITED)
    session.commit()
    provider_log.look(carrier, SINCE, NOW)
    tick(gateway, NOW)
    again = enrolled(2)
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).stopped == (again.code,)
    session.expire_all()
    assert again.contact.opted_out_at == INVITED


def test_stop_is_of_everybody_at_the_telephone(session: Session, carrier: Carrier) -> None:
    people = [enrolled(1), enrolled(1)]
    carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    carrier.rang.append(rung(HER, answer(people[0], CONFIRMED)))
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).stopped == ("01-001", "01-002")


def test_what_came_before_the_back_up_or_is_known_is_left_alone(
    session: Session, participant: Participant, carrier: Carrier
) -> None:
    carrier.write(HER, "STOPP", SINCE - minutes(1))
    session.commit()
    gap = provider_log.look(carrier, SINCE, NOW)
    assert (gap.heard, gap.stopped, gap.unread, gap.strangers) == (0, (), (), 0)


def test_numbers_that_are_nobodys_now_are_counted(session: Session, participant: Participant, carrier: Carrier) -> None:
    for number in (HER, NOBODY, NOBODY, "+4740009998"):
        carrier.rang.append(rung(number, "Hei"))
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).strangers == 2


def test_twilios_log_is_read_both_ways(
    session: Session, participant: Participant, twilio: TwilioGateway, provider: Server
) -> None:
    provider.twilio.now = lambda: INVITED
    session.commit()
    tick(twilio, INVITED)
    for sid, at in (("SM" + "1" * 32, INVITED), ("SM" + "2" * 32, SINCE - minutes(2))):
        provider.twilio.log.append(Rang(sid, HER, "STOP", "", at, "", inbound=True))
    log = twilio.log(SINCE)
    assert [(line.number, line.inbound, line.at) for line in log] == [(HER, False, INVITED), (HER, True, INVITED)]
    assert log[1].body == "STOP"
    assert provider_log.look(twilio, SINCE, NOW).heard == 1
    session.rollback()
    assert session.scalars(select(Reply)).one().sender_fingerprint == keyring().fingerprint(HER)
