"""How long a program waits for lists of a large study: 120,000 visits, by the API, in processor and wall time.

    python -m bench.lists [--participants 6667]

Prints one line per promise with its figure beside the bare statement that fetches the same rows, and ends with 1 if one
is not kept.
"""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import func, select

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.database import db
from app.core.time import moved_clock
from app.participants.models import Participant
from app.schedule.models import Assessment
from bench.delivery import count_rows, plan, service
from bench.promises import Bound, Promise, settle
from tests import factories
from tests.messages.people import INVITED

SECONDS = 0.3
ROUNDS = 20
S = "/api/v1/studies/backtobasic"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--participants", type=int, default=6667)
    with TemporaryDirectory() as folder, service(Path(folder)) as app:
        visits = _fill(app, arguments.parse_args().participants)
        settle(_promises(app, visits))


def _fill(app: Flask, participants: int) -> int:
    """So many people with all their visits."""

    plan(participants)
    count_rows(app)
    return db.session.scalar(select(func.count()).select_from(Assessment)) or 0


def _promises(app: Flask, visits: int) -> list[Promise]:
    get = _asking(app)
    code = db.session.scalar(select(func.max(Participant.code)))
    db.session.rollback()
    middle = get(f"{S}/assessments?limit=500&offset={visits // 2}")["next"]
    asked = {
        "first page of visits": f"{S}/assessments?limit=500",
        "page of visits in the middle": f"{S}/assessments?limit=500&after={middle}",
        "visits of one participant": f"{S}/assessments?participant={code}",
        "open visits": f"{S}/assessments?state=open&limit=500",
        "compliance": f"{S}/compliance",
    }
    bare = _p95(lambda: db.session.execute(select(Assessment).limit(500)).all())
    db.session.rollback()
    print(f"{visits} visits; the bare statement of 500 rows {bare * 1000:.1f} ms")
    return [
        Promise(f"{name} of {visits:,}", _p95(lambda path=path: get(path)), Bound.MOST, SECONDS, "s")  # type: ignore[misc]
        for name, path in asked.items()
    ]


def _asking(app: Flask) -> Callable[[str], dict[str, object]]:
    """Asks as a program with a token does."""
    study = db.session.scalars(select(Participant)).first().study  # type: ignore[union-attr]
    someone = factories.user(study, Role.MONITOR)
    _, secret = tokens.issue(someone, tuple(Permission), INVITED + timedelta(days=300), INVITED)
    db.session.commit()
    client = factories.visitor(app)

    def get(path: str) -> dict[str, object]:
        with moved_clock(lambda: INVITED):
            answer = client.get(path, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.get_json()
        return found

    return get


def _p95(work: Callable[[], object]) -> float:
    """Seconds that 19 of 20 runs stay under."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return sorted(took)[-2]


if __name__ == "__main__":
    main()
