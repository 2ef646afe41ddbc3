"""A study texts in Arabic: what leaves by the queue, what the telephone shows, and a reply in its own digits."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.time import moved_clock
from app.instruments.folders import read_files
from app.messages.gateways.sandbox import KeptText, SandboxGateway, texts_of
from app.messages.models import Message, MessageState, Reply
from app.participants.models import Participant
from app.responses.models import Answer, Response, Score
from app.schedule.links import url
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.protocol.catalogues import languages_in
from app.studies.questionnaires import install_folder
from app.studies.texts import LEFT_TO_RIGHT, segments
from tests.factories import scheduled, visit
from tests.fake_twilio.callbacks import write_to_us
from tests.questionnaires import ENGLISH, STEPS, brought_protocol, catalogue_of

DOSE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INVITED = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
"""09:00 in Stockholm on day 7."""
PHONE, MINUTE, RIGHT_TO_LEFT = "+46701740605", timedelta(minutes=1), "\u200f"
SAID = {
    "invitation": "{sender}: لدينا أسئلة لك. أجب هنا: {link}",
    "reminder-1": "{sender}: لا يزال هناك وقت: {link}",
    "reminder-2": "{sender}: تذكير أخير: {link}",
    "reissue": "{sender}: رابط جديد: {link}",
    "stop": "{sender}: لن تصلك رسائل أخرى. اتصل على {phone}.",
    "start": "{sender}: ستصلك رسائلنا من جديد.",
    "help": "{sender}: اتصل بنا على {phone}.",
    "test": "{sender}: هذه تجربة.",
}
SMS = {
    "first": "{sender}: {of} أسئلة. اكتب رقما من {lowest} إلى {highest}، أو افتح {link}",
    "together": "{sender}: {of} أرقام من {lowest} إلى {highest}، أو افتح {link}",
    "question": "{n} من {of}: رقم من {lowest} إلى {highest}.",
    "unclear": "لم نفهم. اكتب رقما، أو اتصل على {phone}.",
    "thanks": "وصلت إجاباتك في الساعة {at}. شكرا.",
}
ARABIC_WORDS = (
    ENGLISH.replace("language: en", "language: ar").replace("title: Steps", "title: خطوات")
    .replace("Choose a number.", "اختر رقما.").replace("On stairs?", "على الدرج؟")
    .replace("On flat ground?", "على أرض مستوية؟")
    .replace("Easy", "سهل").replace("Hard", "صعب")
)  # fmt: skip


def protocol() -> str:
    """A small trial in Swedish and Arabic whose weekly visit may be answered by SMS."""
    text = brought_protocol(
        ("instruments: [knee12]}", "instruments: [steps]}"),
        ("[knee12, mood9, function4]", "[steps]"),
        ("daily_cap: 50}", "daily_cap: 50, encoding: ucs2, parts: 3}"),
        ("ar: The researchers}", "ar: الباحثون}"),
    )
    for kind, words in SAID.items():
        text = re.sub(rf'(?m)^(  {kind}: .* ar: )"[^"]*"}}$', rf'\1"{words}"}}', text)
        assert words in text, kind
    replies = "".join(
        f"    {kind}: {{sv: '{' '.join(re.findall('{[a-z]+}', words))}', ar: '{words}'}}\n"
        for kind, words in SMS.items()
    )
    return f"{text}sms_replies:\n  allowed: true\n  form: together\n  texts:\n{replies}"


@pytest.fixture
def arabic(app: Flask) -> Iterator[None]:
    """The site has brought an Arabic catalogue."""
    folder: Path = app.extensions["settings"].instance / "translations"
    catalogue_of("ar", folder, {"Send answers": "إرسال الإجابات"})
    languages_in.cache_clear()
    yield
    rmtree(folder)
    languages_in.cache_clear()


@pytest.fixture
def person(session: Session, arabic: None) -> Participant:
    """Somebody who reads Arabic and agreed to answer by SMS."""
    swedish = ENGLISH.replace("language: en", "language: sv")
    words = {"wordings/ar.yaml": ARABIC_WORDS, "wordings/sv.yaml": swedish}
    install_folder(read_files("steps", {**STEPS, **words}), DOSE)
    study = install(protocol(), DOSE, state=StudyState.DEMO)
    enrolled = scheduled(study, DOSE, now=DOSE - timedelta(days=10), language="ar", phone=PHONE, sms_answers=True)
    session.commit()
    return enrolled


def phone_after(gateway: SandboxGateway, person: Participant, now: datetime) -> KeptText:
    """The newest text on her telephone once the clock has run."""
    tick(gateway, now)
    return texts_of(person)[0]


@pytest.mark.parametrize("typed", ["٣ ٧", "٣، ٧", f"{RIGHT_TO_LEFT}٣ ٧{RIGHT_TO_LEFT}", "۳ ۷", "3 7"])
def test_an_arabic_text_leaves_whole_and_its_reply_is_taken(
    app: Flask, session: Session, client: FlaskClient, person: Participant, typed: str
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    invitation = phone_after(gateway, person, INVITED)
    row = session.scalars(select(Message).where(Message.assessment_id == visit(person, "d7").id)).one()
    size = segments(invitation.body)
    assert (size.encoding, row.segments, row.state) == ("UCS-2", size.count, MessageState.ACCEPTED)
    assert size.count == -(-size.units // 67) == 2, "all of it is in the Basic plane: two parts of 67 places"
    link = url(visit(person, "d7"), "http://localhost")
    assert invitation.body.split().count(link) == 1
    with moved_clock(lambda: INVITED + MINUTE):
        assert f'<a href="{link}">{link}</a>' in client.get(f"/sandbox/small/{person.code}").text
        page = client.get(link.removeprefix("http://localhost")).text
        assert ('<html lang="ar" dir="rtl">' in page, "إرسال الإجابات" in page) == (True, True)
        assert write_to_us(client, PHONE, typed) == 204
    thanks = phone_after(gateway, person, INVITED + 2 * MINUTE)
    assert thanks.body == "وصلت إجاباتك في الساعة 09:01. شكرا."
    response = session.scalars(select(Response)).one()
    assert (response.mode, response.language) == ("sms", "ar")
    assert session.scalars(select(Answer.value).order_by(Answer.position)).all() == ["3", "7"]
    assert session.scalars(select(Score.value)).one() == 10
    assert session.scalars(select(Reply.kind)).one() == "answer"


@pytest.mark.parametrize(
    ("typed", "kind", "reply"),
    [
        ("١١", "unclear", f"لم نفهم. اكتب رقما، أو اتصل على {LEFT_TO_RIGHT}+46812345678."),
        ("لا أستطيع", "unclear", f"لم نفهم. اكتب رقما، أو اتصل على {LEFT_TO_RIGHT}+46812345678."),
        ("٣", "answer", "2 من 2: رقم من 0 إلى 10."),
        ("توقف", "stop", f"الباحثون: لن تصلك رسائل أخرى. اتصل على {LEFT_TO_RIGHT}+46812345678."),
    ],
)
def test_what_is_no_whole_answer_is_answered_in_arabic(
    app: Flask, session: Session, client: FlaskClient, person: Participant, typed: str, kind: str, reply: str
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    tick(gateway, INVITED)
    with moved_clock(lambda: INVITED + MINUTE):
        assert write_to_us(client, PHONE, typed) == 204
    newest = phone_after(gateway, person, INVITED + 2 * MINUTE)
    assert (session.scalars(select(Reply.kind)).one(), newest.body) == (kind, reply)
    assert session.scalars(select(Response)).all() == []
