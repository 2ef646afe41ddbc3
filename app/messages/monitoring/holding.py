"""A clock holds every text while its database is not the one that it remembers: texts that left would leave again.

Each clock remembers on its own disk which life of the database it served, where that is, and when it last ran. It holds
where its memory is absent, names a life or a place that the database does not know, or is younger than the database
itself; and where the database is not where its life began, whatever anybody remembers. A new installation is told
apart by its people: while nobody takes part nothing can have left that this database has forgotten.

A life that began after the one remembered is no news to hold for: who restored (`flask ops restore`, `flask ops
restored`) has held every text with it. What was held is released by `flask ops release`, and by nothing else.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.core import incarnation
from app.core.database import db
from app.messages import breaker
from app.messages.monitoring import heartbeats
from app.participants.models import Participant

log = logging.getLogger("svar.alert")

TOLERANCE = timedelta(minutes=10)
FILE = "clock-last-ran"
REMEMBERING = "remember"
"""The clock's job that calls `remember`."""


@dataclass(frozen=True)
class Memory:
    """What a clock knows of the database that it served. Clocks of earlier versions knew only when they ran."""

    ran_at: datetime
    incarnation: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Life:
    """What the database says of itself: its lives by name (the present one first), where that began, where it is."""

    marks: tuple[str, ...]
    home: str
    place: str
    ran_at: datetime | None
    has_people: bool


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
    if memory.incarnation in (None, life.marks[0]) and (life.ran_at is None or memory.ran_at - life.ran_at > TOLERANCE):
        return "the database was restored: the clock remembers a later one"
    return None


def life() -> Life:
    """What the database says of itself now."""
    present = incarnation.present()
    ran_at, people = heartbeats.last().get(REMEMBERING), select(select(Participant.id).exists())
    marks = tuple(incarnation.marks())
    return Life(marks, present.home, incarnation.place(), ran_at, bool(db.session.scalar(people)))


def is_unknown_here(folder: Path) -> bool:
    """Whether this machine remembers nothing, of a database that is where it was and has people."""
    present = life()
    return present.has_people and present.place == present.home and remembered(folder) is None


def hold_if_strange(folder: Path, now: datetime) -> bool:
    """Hold every text if the database is not the one that this machine remembers; whether it is so."""
    because = why_strange(remembered(folder), life())
    if because is None:
        return False
    if breaker.RESTORED not in breaker.holds():
        log.error("%s: texts are held until `flask ops release`", because)
        breaker.hold(because, now, breaker.RESTORED)
    return True


def remember(folder: Path, now: datetime) -> None:
    """Note on this machine which database the clock served, and that it ran; whole, or as it was."""
    served = life()
    present = served if served.place == served.home or served.has_people else _new_life()
    folder.mkdir(parents=True, exist_ok=True)
    memory = {**asdict(Memory(now, present.marks[0], present.place)), "ran_at": now.isoformat()}
    part = folder / f"{FILE}.{os.getpid()}"
    with part.open("w") as file:
        file.write(json.dumps(memory))
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
        written = (folder / FILE).read_text()
        kept = json.loads(written) if written.startswith("{") else {"ran_at": written}
        memory = Memory(datetime.fromisoformat(kept["ran_at"]), kept.get("incarnation"), kept.get("place"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return memory if memory.ran_at.tzinfo else None


def waits_after_leap(now: datetime) -> bool:
    """Whether texts wait for one round, in which the plan is made anew: the clock stood still or its time was moved."""
    away = heartbeats.leap(now)
    if away is None:
        return False
    log.error("no text left for %s: the clock stood still or its time was moved; texts wait one round", away)
    heartbeats.beat(heartbeats.DELIVER, now)
    return True
