"""Nothing that a patient sends is lost unread: pictures, long texts, calls for help that nothing may answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.tasks import _lines
from app.config import Settings
from app.messages.gateways.twilio import TwilioGateway
from app.messages.gathering import Written, read
from app.messages.models import Message, MessageState, Reply
from app.messages.receiving.replies import CALL_HER, NOT_TAKEN_IN, STAYS_THERE, redact
from app.participants.models import Participant, Task
from app.responses.task_reading import TaskContents
from app.studies.models import StudyState
from tests.fake_twilio.server import Server
from tests.messages.phones import SENT, Phone

STOPPED = "Wrote STOP: gets no more texts."
HOUR = timedelta(hours=1)


def notes(session: Session) -> list[str | None]:
    return list(session.scalars(select(Task.note).order_by(Task.id)))


@pytest.mark.parametrize(
    ("words", "pictures", "note", "read_as"),
    [
        ("", "1", NOT_TAKEN_IN, [("", 1)]),  # a picture, or a card with a contact
        ("Se her", "2", f"{NOT_TAKEN_IN}", [("Se her", 2)]),
        ("STOP", "1", f"{STOPPED} {NOT_TAKEN_IN}", [("STOP", 1)]),  # heard all the same
        ("7", "1", NOT_TAKEN_IN, [("7", 1)]),  # an answer, and seen all the same
        ("HJELP", "10", NOT_TAKEN_IN, [("HJELP", 10)]),
        ("", "0", "", []),
        ("", "", "", []),
        ("", "one", "", []),
        ("", "-1", "", []),
        ("", "9" * 5000, NOT_TAKEN_IN, [("", 999)]),
    ],
)
def test_of_a_picture_a_person_knows(
    session: Session, phone: Phone, words: str, pictures: str, note: str, read_as: list[tuple[str, int]]
) -> None:
    assert phone.write(words, NumMedia=pictures) == 204
    session.expire_all()
    of_pictures = [task for task in session.scalars(select(Task).order_by(Task.id)) if note in (task.note or "")]
    assert [(text.words, text.media) for task in of_pictures for text in read(task, phone.now) if text.media] == read_as
    assert (NOT_TAKEN_IN in " ".join(map(str, notes(session)))) is bool(read_as)


@pytest.mark.parametrize("length", [160, 1600, 4096, 15_000])
def test_a_long_text_is_kept_to_its_end(session: Session, phone: Phone, length: int) -> None:
    """The provider's copy goes: what would be cut off here would be lost."""
    phone.write(f"{'Jeg har vondt. ' * 1000}"[: length - 4] + "SLUT")
    (task,) = session.scalars(select(Task).order_by(Task.id))
    (text,) = read(task, phone.now)
    assert (len(text.words or ""), (text.words or "")[-4:]) == (length, "SLUT")


def test_a_wish_to_stop_at_the_end_of_a_long_text_is_noted(session: Session, phone: Phone) -> None:
    phone.write("Hei. " * 100 + "Jeg vil gjerne at dere sier stopp nå.")
    assert notes(session) == ["Wrote of stopping."]


def opted_out(person: Participant) -> None:
    person.contact.opted_out_at = SENT


def withdrawn(person: Participant) -> None:
    person.withdrawn_at = SENT


def without_texts(person: Participant) -> None:
    person.texts_ended_at = SENT


def at_a_closed_site(person: Participant) -> None:
    person.site.active = False


def of(state: StudyState) -> Callable[[Participant], None]:
    def change(person: Participant) -> None:
        person.study.state = state

    return change


def as_she_is(_: Participant) -> None:
    """Nothing is changed."""


@pytest.mark.parametrize(
    ("change", "words", "is_answered"),
    [
        (as_she_is, "HJELP", True),
        (as_she_is, "START", True),
        (opted_out, "HJELP", False),
        (opted_out, "START", True),  # which lets texts come again
        (opted_out, "JA", True),
        (withdrawn, "HJELP", False),
        (withdrawn, "START", False),
        (without_texts, "HJELP", False),
        (without_texts, "START", False),
        (at_a_closed_site, "HJELP", False),
        (of(StudyState.RECRUITING_STOPPED), "HJELP", True),
        (of(StudyState.CLOSED), "HJELP", False),
        (of(StudyState.LOCKED), "HJELP", False),
        (of(StudyState.ARCHIVED), "START", False),
    ],
)
def test_who_asks_and_may_get_no_answer_is_called(
    session: Session, phone: Phone, change: Callable[[Participant], None], words: str, is_answered: bool
) -> None:
    change(phone.participant)
    session.commit()
    phone.write(words)
    answers = select(Message.state).where(Message.kind.in_(("help", "start"))).order_by(Message.id)
    state = MessageState.ACCEPTED if is_answered else MessageState.SUPPRESSED
    assert (session.scalars(answers).all(), notes(session)) == ([state], [] if is_answered else [CALL_HER])


@pytest.fixture
def twilio(settings: Settings, provider: Server) -> TwilioGateway:
    return TwilioGateway(replace(settings, twilio_base_url=provider.address))


def test_a_picture_stays_with_the_provider_until_somebody_has_read_of_it(
    session: Session, phone: Phone, twilio: TwilioGateway, provider: Server
) -> None:
    inbound = provider.twilio.take({"To": "+4759440000", "Body": "Se her"})
    media = {"media_list": [{"sid": "ME1", "content_type": "image/jpeg"}], "page": 0, "page_size": 50}
    provider.twilio.pages["/Media.json"] = media | {"next_page_uri": None, "uri": "/Media.json"}
    phone.write("Se her", sid=inbound.sid, NumMedia="1")
    assert (redact(twilio, phone.now), provider.twilio.redacted) == (0, [])
    (task,) = session.scalars(select(Task).order_by(Task.id))
    read(task, phone.now)
    session.commit()
    assert (redact(twilio, phone.now), provider.twilio.redacted) == (1, ["ME1", inbound.sid])


@pytest.mark.parametrize(
    ("after", "taken"), [(timedelta(), 0), (STAYS_THERE, 0), (STAYS_THERE + timedelta(hours=1), 1)]
)
@pytest.mark.parametrize("what", ["no key opens it", "a picture that nobody read of"])
def test_what_cannot_be_read_here_stays_with_the_provider_for_a_month(
    session: Session, phone: Phone, twilio: TwilioGateway, provider: Server, after: timedelta, taken: int, what: str
) -> None:
    """The only copy that somebody could read, once a lost key is found, or the operator looks."""
    inbound = provider.twilio.take({"To": "+4759440000", "Body": "Hei"})
    phone.write("Hei", sid=inbound.sid, NumMedia="1" if "picture" in what else "0")
    reply = session.scalars(select(Reply)).one()
    if "key" in what:
        reply.body_sealed = b"\x07" + bytes(40)
    at = reply.received_at
    session.commit()
    provider.twilio.pages["/Media.json"] = {"media_list": [], "page": 0, "next_page_uri": None, "uri": "/Media.json"}
    assert redact(twilio, at + after) == taken


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (Written(SENT, "Se her"), "Se her"),
        (Written(SENT, "", 1), "(an empty text) (with a picture or a file, which is not taken in here"),
        (Written(SENT, None, 2), "(no key of this service opens it) (with a picture or a file"),
    ],
)
def test_the_command_tells_of_a_picture_too(text: Written, line: str) -> None:
    (printed,) = _lines(TaskContents("", (), (text,)))
    assert line in printed
    assert ("picture" in printed) is bool(text.media)
