"""Many rows in one statement (`app.core.batches`) beside SQLAlchemy's own `executemany`: `python -m bench.rows`.

The helper is kept where this shows its gain: a visit's answers, a cohort's plan, the settling of a batch of texts. Each
pair writes the same rows into the same tables, under the same keys and audit, and is rolled back; rounds alternate.
"""

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from app.core.audit import DECLARING, declaration
from app.core.batches import Batch, among, table
from app.core.database import db
from app.messages.models import Message, MessageState
from app.responses.checking import NewAnswer
from app.responses.models import Answer, Response
from app.schedule.models import Assessment
from bench.delivery import queue, service
from bench.promises import Bound, Promise, settle
from tests.messages.people import INVITED, many

ROUNDS, GAIN = 9, 1.5
"""How many times as quick the helper must be for its place in the house."""

ANSWERS = Batch(NewAnswer, "answers")
Way = Callable[[Connection], object]


class State(NamedTuple):
    """A message's state, as settling writes it."""

    id: int
    state: MessageState
    segments: int


class Visit(NamedTuple):
    """An assessment, as planning writes it."""

    participant_id: int
    visit: str
    day: int


STATES, VISITS = Batch(State, "states"), Batch(Visit, "visits")


def main() -> None:
    logging.disable(logging.INFO)
    with TemporaryDirectory() as folder, service(Path(folder)):
        many(500)
        queue()
        pairs = {"90 answers": _answers(), "9,000 visits": _visits(), "500 messages settled": _messages()}
        gains = {name: _gain(*pair) for name, pair in pairs.items()}
    settle(Promise(f"{name}: beside executemany", gain, Bound.LEAST, GAIN, "times") for name, gain in gains.items())


def _answers() -> tuple[Way, Way]:
    """A visit's answers under a new response."""
    assessment_id = db.session.scalars(select(Assessment.id).order_by(Assessment.id).limit(1)).one()
    facts = {"assessment_id": assessment_id, "submitted_at": INVITED, "mode": "page", "language": "nb"}
    facts |= {"content": "{}", "sha256": "", "instruments": {}}
    rows = [NewAnswer("odi", f"item_{number}", number, "1", None) for number in range(90)]
    response = insert(table(Response)).values(facts).returning(Response.id)
    given = ANSWERS.table.c
    chosen = select(bindparam("response_id", type_=Response.id.type), *given)
    together = insert(table(Answer)).from_select(["response_id", *ANSWERS.columns], chosen, include_defaults=False)

    def ours(connection: Connection) -> object:
        key = connection.execute(response).scalar_one()
        return connection.execute(together, {"response_id": key, **ANSWERS.values(rows)})

    def bare(connection: Connection) -> object:
        key = connection.execute(response).scalar_one()
        return connection.execute(insert(table(Answer)), [row._asdict() | {"response_id": key} for row in rows])

    return ours, bare


def _visits() -> tuple[Way, Way]:
    """A cohort's visits; both ways write the same windows."""
    people = db.session.scalars(select(Assessment.participant_id).distinct().order_by(Assessment.participant_id)).all()
    rows = [Visit(person, f"bench{day}", day) for person in people for day in range(18)]
    step = db.session.execute(select(Assessment).order_by(Assessment.id).limit(1)).scalar_one()
    names = ("protocol_id", "anchor_on", "opens_at", "send_at", "due_at", "closes_at", "grace_until", "planned_at")
    window = {name: getattr(step, name) for name in names}
    columns = {column.name: column for column in table(Assessment).c}
    given = VISITS.table.c
    chosen = select(*given, *(bindparam(name, type_=columns[name].type) for name in names))
    together = insert(table(Assessment)).from_select([*VISITS.columns, *names], chosen)

    def ours(connection: Connection) -> object:
        return connection.execute(together, {**window, **VISITS.values(rows)})

    def bare(connection: Connection) -> object:
        return connection.execute(insert(table(Assessment)), [row._asdict() | window for row in rows])

    return ours, bare


def _messages() -> tuple[Way, Way]:
    """What came of a batch of texts."""
    ids = db.session.scalars(select(Message.id).order_by(Message.id)).all()
    rows = [State(key, MessageState.ACCEPTED, 1) for key in ids]
    given, key = STATES.table.c, table(Message).c.id
    together = update(table(Message)).where(among(key), key == given.id)
    together = together.values(state=given.state, segments=given.segments)
    each = update(table(Message)).where(key == bindparam("key")).values(state=bindparam("to"), segments=bindparam("of"))

    def ours(connection: Connection) -> object:
        return connection.execute(together, {"ids": ids, **STATES.values(rows)})

    def bare(connection: Connection) -> object:
        return connection.execute(each, [{"key": row.id, "to": row.state, "of": row.segments} for row in rows])

    return ours, bare


def _gain(ours: Way, bare: Way) -> float:
    """How many times as quick ours is, by the medians of rounds that alternate."""
    times: dict[Way, list[float]] = {ours: [], bare: []}
    for _ in range(ROUNDS):
        for way in (ours, bare):
            times[way].append(_seconds(way))
    return _median(times[bare]) / _median(times[ours])


def _seconds(way: Way) -> float:
    with db.engine.connect() as connection:
        connection.execute(DECLARING, declaration())
        began = time.perf_counter()
        way(connection)
        took = time.perf_counter() - began
        connection.rollback()
    return took


def _median(times: Sequence[float]) -> float:
    return statistics.median(times[1:])  # the first of each is planned and compiled


if __name__ == "__main__":
    main()
