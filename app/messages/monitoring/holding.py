"""A clock holds every text while its database is not the one that it remembers: texts that left would leave again.

Each clock remembers on its own disk which life of the database it served, where that is, and how far it has counted.
It counts on in every round of texts and once more between claiming texts and sending them, in the database first and
then on its disk. It holds where its memory is absent, names a life or a place that the database does not know, or has
counted further than the database: a snapshot of the database's disk was put back, of a year ago or of a second ago. And
it holds where the database is not where its life began, whatever anybody remembers. A new installation is told apart
by its people: while nobody takes part nothing can have left that this database has forgotten.

A life that began after the one remembered is no news to hold for: who restored (`flask ops restore`, `flask ops
restored`) has held every text with it. What was held is released by `flask ops release`, and by nothing else.
"""

import json
import logging
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.core import incarnation
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.incarnation import ClockDisk
from app.messages import breaker
from app.messages.monitoring import heartbeats
from app.participants.codes import forget_numbers
from app.participants.models import Participant

log = logging.getLogger("svar.alert")

ACTOR = "clock"
HOLDING_TOLERANCE = timedelta(minutes=10)
"""So much later may a clock have run than the database knows, where it did not count."""
FILE = "clock-last-ran"
REMEMBERING = "remember"
"""The clock's job that calls `remember`."""
DURABLE = select(func.set_config("synchronous_commit", "on", True)).where(
    func.current_setting("synchronous_commit") == "off"
)
"""A server may be set to lose its last commits in a crash: not this one, nor any before it."""
_ONE_AT_A_TIME = Lock()
"""Jobs of one clock run beside each other; what its disk says never goes back."""


@dataclass(frozen=True)
class Memory:
    """What a clock knows of the database that it served. Clocks of earlier versions did not count, or only knew when
    they ran."""

    ran_at: datetime
    incarnation: str | None = None
    place: str | None = None
    disk: str | None = None
    """The name under which this disk counts in the database."""
    count: int = 0


@dataclass(frozen=True)
class Life:
    """What the database says of itself: its lives by name (the present one first), where that began, where it is, when
    a clock last ran on it, and how far the disk that asks has counted."""

    marks: tuple[str, ...]
    home: str
    place: str
    ran_at: datetime | None
    has_people: bool
    count: int = 0


def why_strange(memory: Memory | None, life: Life) -> str | None:
    """Why this database may have forgotten texts that left; nothing if it is the one remembered, or a new one."""
    if not life.has_people:
        return None
    if life.place != life.home:
        return "the database was restored or moved: it is not where it was"
    if memory is None:
        return "a clock began that remembers nothing of this database"
    if memory.incarnation is not None and memory.incarnation not in life.marks:
        return "the database was restored: the clock remembers another one"
    if memory.incarnation == life.marks[0] and memory.place != life.place:
        return "the database was restored or moved: the clock remembers another place"
    if memory.incarnation in (None, life.marks[0]) and _is_later(memory, life):
        return "the database was restored: the clock remembers a later one"
    return None


def _is_later(memory: Memory, life: Life) -> bool:
    """Whether what is remembered happened after the last that the database knows."""
    if memory.disk is not None:
        return memory.count > life.count
    return life.ran_at is None or memory.ran_at - life.ran_at > HOLDING_TOLERANCE


def life(memory: Memory | None = None) -> Life:
    """What the database says of itself now, to a clock that remembers this."""
    present = incarnation.present()
    count = select(ClockDisk.count).filter_by(mark=memory.disk if memory else None)
    ran_at, people = heartbeats.last().get(REMEMBERING), select(select(Participant.id).exists())
    marks = tuple(incarnation.marks())
    counted = db.session.scalar(count) or 0
    return Life(marks, present.home, incarnation.place(), ran_at, bool(db.session.scalar(people)), counted)


def is_unknown_here(folder: Path) -> bool:
    """Whether this machine remembers nothing, of a database that is where it was and has people."""
    present = life()
    return present.has_people and present.place == present.home and remembered(folder) is None


def hold_if_strange(folder: Path, now: datetime) -> bool:
    """Hold every text if the database is not the one that this machine remembers; whether it is so."""
    memory = remembered(folder)
    because = why_strange(memory, life(memory))
    if because is None:
        return False
    if breaker.RESTORED not in breaker.holds():
        log.error("%s: texts are held until `flask ops release`", because)
        breaker.hold(because, now, breaker.RESTORED)
        forget_numbers()
    return True


def may_send(folder: Path, now: datetime) -> bool:
    """Whether this is the database that the clock knows; then it counts on. Otherwise every text is held."""
    with acting(ACTOR), transaction():
        if hold_if_strange(folder, now):
            return False
    note(folder, now)
    return True


def remember(folder: Path, now: datetime) -> None:
    """Count on, commit, and only then note on this machine which database the clock served and how far it counted."""
    with _ONE_AT_A_TIME:
        with acting(ACTOR), transaction():
            memory = _counted(remembered(folder), now)
        _write(folder, memory)


def note(folder: Path, now: datetime) -> None:
    """The same, but what cannot be noted keeps no text back: the job that remembers fails too, and tells."""
    try:
        remember(folder, now)
    except (OSError, SQLAlchemyError) as error:
        db.session.rollback()
        log.warning("a clock could not count on: %s", type(error).__name__)


def _counted(memory: Memory | None, now: datetime) -> Memory:
    """Count on in the database; what this machine is to remember once that is committed."""
    served = life()
    present = served if served.place == served.home or served.has_people else _new_life()
    disk = (memory.disk if memory else None) or secrets.token_hex(16)
    row = insert(ClockDisk).values(mark=disk, count=1, counted_at=now)
    db.session.execute(DURABLE)
    further = {"count": ClockDisk.count + 1, "counted_at": now}
    counting = row.on_conflict_do_update(index_elements=[ClockDisk.mark], set_=further).returning(ClockDisk.count)
    return Memory(now, present.marks[0], present.place, disk, db.session.scalars(counting).one())


def _write(folder: Path, memory: Memory) -> None:
    """Whole, or as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{FILE}.{os.getpid()}"
    with part.open("w", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(memory), "ran_at": memory.ran_at.isoformat()}))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / FILE)


def _new_life() -> Life:
    """A database without people is a new one, wherever it comes from."""
    incarnation.begin(incarnation.Because.INSTALLED)
    return life()


def remembered(folder: Path) -> Memory | None:
    """What this machine remembers, if that can be read."""
    try:
        written = (folder / FILE).read_text("utf-8")
        kept = json.loads(written) if written.startswith("{") else {"ran_at": written}
        ran_at, count = datetime.fromisoformat(kept["ran_at"]), int(kept.get("count", 0))
        memory = Memory(ran_at, kept.get("incarnation"), kept.get("place"), kept.get("disk"), count)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return memory if memory.ran_at.tzinfo else None


def waits_after_leap(now: datetime) -> bool:
    """Whether texts wait for one round, in which the plan is made anew: the clock stood still or its time was moved."""
    with acting(ACTOR), transaction():
        away = heartbeats.leap(now)
        if away is None:
            return False
        log.error("no text left for %s: the clock stood still or its time was moved; texts wait one round", away)
        heartbeats.beat(heartbeats.DELIVER, now)
        return True
