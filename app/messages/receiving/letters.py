"""What people write to the address that our e-mails come from: kept closed, once, for a person to read; STOP is heard.

Whose it is is told by the mail that it answers, or else by the sender's address. Who is nobody's here, an answer out of
office, and whatever a machine sends is forgotten: nothing of it is stored.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import parseaddr
from hashlib import sha256
from html import unescape
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import newer_keys
from app.core.batches import table
from app.core.crypto import keyring
from app.core.database import db
from app.messages.gathering import gather
from app.messages.kinds import Meaning, ReplyKind
from app.messages.models import Message, Reply, place
from app.messages.reading import takes_part
from app.messages.receiving.keywords import meaning
from app.messages.receiving.replies import LONGEST_REPLY
from app.messages.receiving.returned_mail import OUR_ID, ShortLines, unsubscribe
from app.participants.email_address import looked_up
from app.participants.models import Contact, Participant

WROTE, STOPPED = "Wrote an e-mail to us.", "Wrote STOP by e-mail: gets no more messages."
BY_MACHINES = ("bulk", "junk", "list", "auto_reply")
HEADING = re.compile(
    r"-{2,} ?(Original|Opprinnelig|Ursprungligt|Oprindelig|Ursprüngliche|Message d'origine).*|_{10,}|"
    r"(On|Den|På|Am|Le|Op)\b.*(wrote|skrev|schrieb|écrit)( \S+){0,4}\s?:"
)
"""A line that stands over what is quoted. Each part of it ends where it must, so that no line takes long to look at."""
WRITTEN_WITH = re.compile(
    r"(Sent from|Sendt fra|Skickat från|Gesendet (von|mit)|Von (meinem|mein)|Envoyé (de|depuis)|"
    r"(Get|Få|Hent|Hämta|Obtenez|Télécharger) Outlook|Outlook für)\b.{0,120}",
    re.IGNORECASE,
)
"""The line that a telephone's mail program puts below what she wrote."""
LONGEST_HEADING = 400
LONGEST_LETTER = 262_144
"""So many bytes of a mail are looked at: whoever wrote it may mean to stop us."""
ADDRESS_IN_WORDS = re.compile(r"https?://\S+")
UNSEEN = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
LETTER_LINE, HTML_TAG = re.compile(r"<(br|/p|/div|/li)\b[^<>]*>", re.IGNORECASE), re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Letter:
    """An e-mail that a person wrote: its id here, whom it answers, by what address it came, and its own words."""

    sid: str
    answers: tuple[str, ...]
    sender: str
    words: str
    files: int = 0
    """How many are attached: they stay in the mailbox."""


def read_letter(raw: bytes) -> Letter | None:
    """The letter that these bytes are; None where a machine wrote it."""
    mail = message_from_bytes(raw[:LONGEST_LETTER], policy=ShortLines())
    if not isinstance(mail, EmailMessage) or _is_by_a_machine(mail):
        return None
    known_by = str(mail.get("Message-ID", "")).strip().encode() or raw
    answers = OUR_ID.findall(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}")
    sender = parseaddr(str(mail.get("From", "")))[1]
    sid = f"mail-{sha256(known_by).hexdigest()[:40]}"
    return Letter(sid, tuple(dict.fromkeys(answers)), looked_up(sender), own_words(_text(mail)), _files(mail))


def keep_letter(letter: Letter, now: datetime) -> bool:
    """Keep it for a person to read, or hear STOP, the first time that it is seen; whether it is of somebody here."""
    person = _whose(letter)
    if person is None:
        return False
    is_stop = says_stop(letter.words)
    row = {
        "sid": letter.sid,
        "participant_id": person.id,
        "sender_fingerprint": b"".join(keyring().fingerprints(letter.sender)),
        "body_sealed": keyring().encrypt(letter.words, "replies", "body_sealed", place(letter.sid)),
        "kind": ReplyKind.STOP if is_stop else ReplyKind.OTHER,
        "media": letter.files,
        "received_at": now,
        "handled_at": now,
        "redacted_at": now,
    }
    added = insert(table(Reply)).values(**row).on_conflict_do_nothing().returning(table(Reply).c.id)
    reply_id = db.session.scalar(added)
    if reply_id is None:
        return True
    if is_stop:
        unsubscribe(person, now, STOPPED)
    else:
        gather(db.session.get_one(Reply, reply_id), person, WROTE, now)
        db.session.flush()
    return True


def says_stop(words: str) -> bool:
    """Whether she says STOP and nothing else, whatever her mail program says below it."""
    said, _, last = words.rpartition("\n")
    return Meaning.STOP in (meaning(words), meaning(said) if WRITTEN_WITH.fullmatch(last.strip()) else None)


def own_words(text: str) -> str:
    """What the writer wrote, without what is quoted below it and without addresses, which may be a patient's link."""
    lines = text.replace("\r\n", "\n").split("\n")
    words = "\n".join(takewhile(lambda line: not _is_over_a_quotation(line), lines))
    return ADDRESS_IN_WORDS.sub("(…)", words).replace("\0", "").strip()[:LONGEST_REPLY]


def _is_over_a_quotation(line: str) -> bool:
    return line.startswith(">") or (len(line) <= LONGEST_HEADING and HEADING.fullmatch(line.rstrip()) is not None)


def _whose(letter: Letter) -> Participant | None:
    """The mail that it answers says whose it is; else the address, of those who take part first."""
    answered = select(Message.participant_id).where(Message.sid.in_(letter.answers)).order_by(Message.id.desc())
    person_id = db.session.scalar(answered.limit(1)) if letter.answers else None
    if person_id is not None:
        return db.session.get_one(Participant, person_id)
    if not letter.sender:
        return None
    people = select(Participant).join(Contact, Contact.participant_id == Participant.id).join(Participant.study)
    hers = Contact.email_fingerprint.in_(keyring().fingerprints(letter.sender))
    person = db.session.scalars(people.where(hers).order_by(~takes_part(), Participant.id).limit(1)).first()
    if person is None:
        newer_keys.wait_if_used()
    return person


def _is_by_a_machine(mail: EmailMessage) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence, path = str(mail.get("Precedence", "")).strip().lower(), str(mail.get("Return-Path", "")).strip()
    is_report = mail.get_content_type() == "multipart/report"
    return is_report or submitted != "no" or precedence in BY_MACHINES or path == "<>" or "X-Autoreply" in mail


def _files(mail: EmailMessage) -> int:
    return min(sum(1 for _ in mail.iter_attachments()), 999) if mail.is_multipart() else 0


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
    except LookupError:  # a charset that nobody knows
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _of_page(text) if part.get_content_subtype() == "html" else text


def _of_page(page: str) -> str:
    return unescape(HTML_TAG.sub("", LETTER_LINE.sub("\n", _seen(page))))


def _seen(page: str) -> str:
    """A page without its styles and scripts; where one does not end, all of it stays."""
    kept, begins, looked_at, endless = list[str](), 0, 0, set[str]()
    while opening := UNSEEN.search(page, looked_at):
        name, looked_at = opening[1].lower(), opening.end()
        end = None if name in endless else re.compile(f"</{name}\\b[^<>]*>", re.IGNORECASE).search(page, looked_at)
        if end is None:
            endless.add(name)
        else:
            kept.append(page[begins : opening.start()])
            begins = looked_at = end.end()
    return "".join([*kept, page[begins:]])
