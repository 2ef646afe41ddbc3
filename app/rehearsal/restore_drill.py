"""`flask ops drill`: a trial of synthetic people loses its database in the middle of a day, and comes back elsewhere.

Two PostgreSQL servers, a provider that outlives both, and the commands that an operator would use. Some people were
texted before the back-up; some have a text that leaves only after it; some are enrolled only after it; one writes STOP,
and one writes something else. Then the first server is gone. What must hold on the second is asked at the end.

There its keys are wrong for a while (`key_drill`), and then the time of the machine is (`time_drill`).
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from app.cli import ops, who
from app.config import Settings
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Conflict, Problem
from app.core.time import moved_clock, now
from app.messages.models import Message, MessageState
from app.messages.receiving import replies
from app.participants.models import Participant
from app.rehearsal.carrier import Carrier
from app.rehearsal.drilled_trial import DRILLED, enrolled, number_of, one_round, serving
from app.rehearsal.key_drill import with_another_key
from app.rehearsal.time_drill import with_a_wrong_time
from app.schedule.links import resolve

NOON = 11
"""In UTC: the drill is held at any hour, and played at an hour at which texts leave in Oslo, on a holiday too."""
EARLY, TEXTED_LATE, LOST, AFTER, LOCKED, DUE, TOMORROWS = (
    range(first, first + DRILLED) for first in range(0, 700, 100)
)
"""Who is texted before the back-up; after it; who is enrolled after it, and lost; who is enrolled in their place; whose
numbers no key opens for a while; who is due while the time is wrong; who is due the day after."""


@dataclass(frozen=True)
class Drilled:
    """How it went: what was lost and how long it took, how many texts rang in all and of those that had waited for the
    right key and the right time, and what did not hold."""

    rpo_seconds: float
    rto_seconds: float
    texts: int
    for_key: int
    for_time: int
    wrong: tuple[str, ...]


def drill(settings: Settings) -> Drilled:
    """Play it, with servers and folders of its own that are gone afterwards."""
    begun, noon = now(), now().replace(hour=NOON, minute=0)
    ahead = noon - begun if noon > begun else noon + timedelta(days=1) - begun
    carrier, later = Carrier(settings.public_base_url), Carrier(settings.public_base_url)
    with TemporaryDirectory(prefix="svar-drill-") as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        try:
            with moved_clock(lambda: datetime.now(UTC) + ahead):
                lost, took, wrong = _restored(settings, carrier, first, second)
            wrong += _timed(settings, later, second)
        finally:
            for place in (first, second):
                embedded.discard(place / "postgres")
    locked = set(map(number_of, LOCKED))
    for_key = sum(text.number in locked for text in carrier.rang)
    return Drilled(lost, took, len(carrier.rang) + len(later.rang), for_key, len(later.rang), tuple(wrong))


def _restored(settings: Settings, carrier: Carrier, first: Path, second: Path) -> tuple[float, float, list[str]]:
    """The seconds that are lost and that it took, and what did not hold: of the restore, and then of the keys."""
    backup = first.parent / "night.backup"
    with serving(settings, first) as app:
        migrating.upgrade(app.extensions["settings"].owner_url)
        one_round(carrier)  # a new installation has a clock that knows it before it has people
        _texted(EARLY, carrier)
        enrolled(TEXTED_LATE)
        one_round(carrier, without="deliver")
        ops.back_up(backup)
        made_at = now()
        _after_the_back_up(carrier)
        given = _codes()
    embedded.discard(first / "postgres")
    lost, begun, rang = (now() - made_at).total_seconds(), time.monotonic(), len(carrier.rang)
    with serving(settings, second):
        ops.load(backup)
        there = _codes()
        enrolled(AFTER)
        wrong = [*_given_again(given - there, _codes() - there), *_held(carrier, rang)]
        ops.let_leave(carrier, who.SHELL, nothing_lost=False)
        took = time.monotonic() - begun
        one_round(carrier)
        wrong += _crossed(carrier)
        wrong += with_another_key(LOCKED, carrier)
        wrong += [*_rang_twice(carrier), *_wrote_stop(carrier), *_forgotten()]
    return lost, took, wrong


def _timed(settings: Settings, carrier: Carrier, place: Path) -> list[str]:
    """What did not hold while the machine's time was wrong: on a database of its own, whose time is true."""
    with serving(settings, place, "times") as app:
        migrating.upgrade(app.extensions["settings"].owner_url)
        return list(with_a_wrong_time(DUE, TOMORROWS, carrier))


def _texted(people: range, carrier: Carrier) -> None:
    enrolled(people)
    one_round(carrier)


def _after_the_back_up(carrier: Carrier) -> None:
    """What the back-up does not know: texts leave, people are enrolled, two write to us and are answered."""
    _texted(LOST, carrier)
    for number, words in ((TEXTED_LATE[0], "STOPP"), (TEXTED_LATE[1], "Ring meg, takk")):
        text = carrier.write(number_of(number), words, now())
        with acting("drill"), transaction():
            replies.keep({"MessageSid": text.sid, "From": text.number, "Body": text.body}, now())
    one_round(carrier)
    one_round(carrier)


def _held(carrier: Carrier, rang: int) -> Iterator[str]:
    """Nothing leaves from the restored database, and nobody lets it before the clock has planned and queued."""
    try:
        ops.let_leave(carrier, who.SHELL, nothing_lost=False)
        yield "texts were released before the plan and the queue were made"
    except Conflict:
        pass
    one_round(carrier)
    if len(carrier.rang) != rang:
        yield f"{len(carrier.rang) - rang} texts left while they were held"


def _codes() -> frozenset[str]:
    """Everybody's."""
    return frozenset(db.session.scalars(select(Participant.code).order_by(Participant.id)))


def _given_again(lost: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    """The codes of who was enrolled after the back-up stand on paper, and are nobody else's."""
    if again := sorted(lost & new):
        yield f"{len(again)} codes were given to somebody else"


def _rang_twice(carrier: Carrier) -> Iterator[str]:
    often = Counter((rang.number, rang.body) for rang in carrier.rang)
    yield from (f"a text rang {count} times" for count in often.values() if count > 1)


def _crossed(carrier: Carrier) -> Iterator[str]:
    """Links of texts that rang open a visit of whom they rang, or nothing."""
    opened = Counter[str]()
    for rang in carrier.rang:
        for token in rang.tokens:
            try:
                opens_for = db.session.get_one(Participant, resolve(token).participant_id).contact.phone
            except Problem:
                opened["nothing"] += 1
                continue
            opened["own"] += 1
            if opens_for != rang.number:
                yield "a link opened the visit of somebody else"
    if opened != Counter(own=3 * DRILLED, nothing=DRILLED):
        yield f"{opened['own']} links open and {opened['nothing']} do not, not {3 * DRILLED} and {DRILLED}"


def _wrote_stop(carrier: Carrier) -> Iterator[str]:
    stopped = {text.number for text in carrier.written if carrier.said[text.sid] == "STOPP"}
    for someone in db.session.scalars(select(Participant).order_by(Participant.id)):
        opted_out = someone.contact.opted_out_at is not None
        if opted_out != (someone.contact.phone in stopped):
            yield f"{someone.code} {'was silenced' if opted_out else 'said STOP and was forgotten'}"


def _forgotten() -> Iterator[str]:
    """Everybody who takes part has her text."""
    query = select(Participant.code, Message.state).outerjoin(Message, Message.participant_id == Participant.id)
    states = db.session.execute(query.order_by(Participant.id, Message.id)).all()
    left = (MessageState.ACCEPTED, MessageState.DELIVERED)
    reached = {row.code for row in states if row.state in left}
    yield from (f"{code} has no text that left" for code in sorted({row.code for row in states} - reached))
