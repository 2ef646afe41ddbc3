"""How fast the patient's page is, beside the barest thing that could do the same, in one run.

Page: GET of BackToBasic's day-154 visit, against a bare Flask view that draws the same page with Jinja.
Answer: POST of all its answers (checked, scored, audited), against a bare Flask view that inserts the same answers with
SQLAlchemy Core into a table without audit. Both run in this process on the same database; rounds alternate, so that
what else the machine does hits both alike. Run: `python -m bench.patient`.
"""

import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import Flask, redirect, render_template, request
from flask_babel import Babel
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.config import settings
from app.core import migrating
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments import instrument
from app.schedule.links import token
from app.schedule.models import Assessment
from app.web.language import speak
from app.web.patient_page import script, style
from app.web.patient_questions import section
from app.web.patient_visit import Asked, frame_of
from tests.responses.visits import INFUSION, answers_to, participant, visit

ROUNDS, PAGES, PATIENTS = 12, 40, 10
LEAST = {"page": 0.75, "answer": 0.60}
FORM = "application/x-www-form-urlencoded"
Call = Callable[[], object]


def main() -> None:
    """Measure and print; exit code 1 where we are slower than promised."""
    with tempfile.TemporaryDirectory() as folder, moved_clock(lambda: INFUSION + timedelta(days=154)):
        app = _app(Path(folder))
        links, body = _people(app, ROUNDS * PATIENTS)
        bare = _bare(app)
        pages = _compare(_pages(app, links[0]), _pages(bare, "/"))
        print(_size(app, links[-1]))
        answers = _compare(_answers(app, links, body), _answers(bare, ["/"] * len(links), body))
    failed = [name for name, ratio in (("page", pages), ("answer", answers)) if not _told(name, ratio)]
    raise SystemExit(1 if failed else 0)


def _app(folder: Path) -> Flask:
    os.environ |= {"SVAR_DATABASE": f"bench_{os.getpid()}", "SVAR_EXPORTS": str(folder)}
    known = settings()
    migrating.upgrade(known.owner_url, "head", app_role="svar_app")
    app = create_app(known)
    logging.disable(logging.INFO)
    return app


def _people(app: Flask, count: int) -> tuple[list[str], bytes]:
    with app.app_context(), acting("bench"), transaction():
        visits = [visit(participant(phone=f"+4791{number:06d}"), "d154") for number in range(count)]
        given = answers_to(visits[0])
        fields = {f"{code}.{item}": value for code, items in given.items() for item, value in items.items()}
        kept = {name: value for name, value in fields.items() if not name.endswith((".none", "_text"))}
        return [f"/a/{token(one.id, 1)}" for one in visits], urlencode(
            kept | {"_asked": "1", "_shown": "paged"}
        ).encode()


def _bare(svar: Flask) -> Flask:
    """The same page and the same rows, without anything else."""
    bare = Flask("bare", template_folder=Path(svar.root_path) / "templates")
    bare.testing = True
    Babel(bare, default_locale="nb", default_translation_directories=str(Path(svar.root_path) / "translations"))
    values = _page_values(svar)
    engine = sa.create_engine(svar.config["SQLALCHEMY_ENGINES"]["default"]["url"])
    table = _table(svar)

    @bare.get("/")
    def page() -> str:
        return render_template("patient/visit.html", **values)

    @bare.post("/")
    def answer() -> Any:
        given = parse_qsl(request.get_data(as_text=True))
        rows = [{"visit": "d154", "item": name, "value": value} for name, value in given]
        with engine.begin() as connection:
            connection.execute(sa.insert(table), rows)
        return redirect("/received", 303)

    return bare


def _page_values(svar: Flask) -> dict[str, Any]:
    with svar.test_request_context():
        assessment = db.session.scalars(sa.select(Assessment).filter_by(visit="d154").limit(1)).one()
        plan = assessment.protocol.plan.visit("d154")
        speak("nb")
        frame = frame_of(assessment, "nb")
        sections = [section(instrument(code), "nb") for code in plan.instruments]
        asked = Asked(frame, plan.minutes, assessment.protocol.plan.answers, "", plan.instruments, ())
        shown = {"frame": frame, "asked": asked, "sections": sections, "title": "Svar", "focus": ""}
        return {**shown, "values": {}, "errors": {}, "style": style(), "script": script}


def _table(svar: Flask) -> sa.Table:
    """A table of the owner's, with a key and nothing more."""
    owner = sa.create_engine(svar.extensions["settings"].owner_url)
    text = [sa.Column(name, sa.Text) for name in ("visit", "item", "value")]
    table = sa.Table("bare_answers", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), *text)
    with owner.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        connection.execute(sa.text("GRANT ALL ON bare_answers, bare_answers_id_seq TO svar_app"))
    owner.dispose()
    return table


def _pages(app: Flask, path: str) -> Iterator[list[Call]]:
    call = _call(app, path, "GET", b"")
    call()
    while True:
        yield [call] * PAGES


def _answers(app: Flask, paths: list[str], body: bytes) -> Iterator[list[Call]]:
    for start in range(0, len(paths), PATIENTS):
        yield [_call(app, path, "POST", body) for path in paths[start : start + PATIENTS]]


def _call(app: Flask, path: str, method: str, body: bytes) -> Call:
    headers = [("Accept-Encoding", "gzip"), ("Accept", "text/html")]

    def call() -> object:
        builder = EnvironBuilder(path, method=method, data=body, content_type=FORM if body else None, headers=headers)
        chunks, status, _ = run_wsgi_app(app, builder.get_environ(), buffered=True)
        assert status[:3] == ("303" if body else "200"), status
        return chunks

    return call


def _compare(ours: Iterator[list[Call]], bare: Iterator[list[Call]]) -> tuple[float, float]:
    """Calls per second, median of the rounds."""
    times = [(_seconds(next(ours)), _seconds(next(bare))) for _ in range(ROUNDS)]
    return tuple(1 / statistics.median(column) for column in zip(*times, strict=True))


def _seconds(calls: list[Call]) -> float:
    began = time.perf_counter()
    for call in calls:
        call()
    return (time.perf_counter() - began) / len(calls)


def _size(app: Flask, path: str) -> str:
    sent = app.test_client().get(path, headers={"Accept-Encoding": "gzip"})
    return f"day 154 in one request: {len(sent.get_data())} bytes gzip (at most 14336)"


def _told(name: str, rates: tuple[float, float]) -> bool:
    ours, bare = rates
    ratio = ours / bare
    print(f"{name:7} {ours:7.0f} /s, bare {bare:7.0f} /s: {ratio:.0%} (at least {LEAST[name]:.0%})")
    return ratio >= LEAST[name]


if __name__ == "__main__":
    main()
