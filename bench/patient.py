"""How fast the patient's page is, beside the barest thing that could do the same, in one run.

Page: GET of BackToBasic's day-154 visit, against a bare Flask view that draws the same page with Jinja; and the same
visit resumed, which is drawn with its draft each time.
Answer: POST of all its answers (checked, scored, kept, the visit closed), against a bare Flask view that inserts the
same answers with SQLAlchemy Core into the same two tables, so under the same keys and the database's own audit. This is
the anchor of the promise: it asks what Svar adds to keeping these rows. Both ways of Core were tried; handing over a
list of rows, as here, is quicker than one statement of many VALUES. A second line, for orientation, sets the answer
beside the same insert into a table of two text columns with neither keys nor audit: what keeping them so costs.
All run in this process on the same database; rounds alternate, so that what else the machine does hits all alike.
Run: `python -m bench.patient`.
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
from app.core.audit import DECLARING, acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments import instrument
from app.responses.models import Answer, Response
from app.schedule.links import token
from app.schedule.models import Assessment
from app.web.language import speak
from app.web.patient.page import script, style
from app.web.patient.questions import section
from app.web.patient.visit import Asked, frame_of
from tests.responses.visits import INFUSION, answers_to, participant, visit

ROUNDS, PAGES, PATIENTS = 12, 40, 10
LEAST = {"page": 0.75, "page, resumed": 0.0, "answer": 0.60, "answer, beside a table without keys and audit": 0.0}
FORM = "application/x-www-form-urlencoded"
Call = Callable[[], object]


def main() -> None:
    """Measure and print; exit code 1 where we are slower than promised."""
    with tempfile.TemporaryDirectory() as folder, moved_clock(lambda: INFUSION + timedelta(days=154)):
        app = make_app(Path(folder))
        links, others, body = _people(app, ROUNDS * PATIENTS + 1)
        bare = _bare(app)
        resumed = _begun(app, links.pop(), body)
        page, again, bare_page = _compare(*map(_pages, (app, app, bare), (links[0], resumed, "/")))
        print(_size(app, links[-1]))
        same, plain = [f"/same/{key}" for key in others], ["/plain"] * len(links)
        ours, *anchors = _compare(*(_answers(*each, body) for each in ((app, links), (bare, same), (bare, plain))))
    pairs = [(page, bare_page), (again, bare_page), *((ours, anchor) for anchor in anchors)]
    kept = [_told(name, pair) for name, pair in zip(LEAST, pairs, strict=True)]
    raise SystemExit(0 if all(kept) else 1)


def make_app(folder: Path) -> Flask:
    """The service on a database of its own."""
    os.environ |= {"SVAR_DATABASE": f"bench_{os.getpid()}", "SVAR_EXPORTS": str(folder)}
    known = settings()
    migrating.upgrade(known.owner_url, "head", app_role="svar_app")
    app = create_app(known)
    logging.disable(logging.INFO)
    return app


def _people(app: Flask, count: int) -> tuple[list[str], list[int], bytes]:
    """Links of as many day-154 visits, other visits' ids for the bare insert, and answers to all of day 154."""
    with app.app_context(), acting("bench"), transaction():
        people = [participant(phone=f"+4791{number:06d}") for number in range(count)]
        visits, others = ([visit(person, code) for person in people] for code in ("d154", "d278"))
        given = answers_to(visits[0])
        fields = {f"{code}.{item}": value for code, items in given.items() for item, value in items.items()}
        kept = {name: value for name, value in fields.items() if not name.endswith((".none", "_text"))}
        body = urlencode(kept | {"_asked": "1", "_shown": "paged"}).encode()
        return [f"/a/{token(one.id, 1)}" for one in visits], [one.id for one in others], body


def _begun(app: Flask, path: str, body: bytes) -> str:
    """The visit behind this link with a draft of all its answers."""
    fields = body.replace(b"&_asked=1&_shown=paged", b"") + b"&_act=draft"
    assert app.test_client().post(path, data=fields, content_type=FORM).status_code == 200
    return path


def _bare(svar: Flask) -> Flask:
    """The same page and the same rows, without anything else."""
    bare = Flask("bare", template_folder=Path(svar.root_path) / "templates")
    bare.testing = True
    Babel(bare, default_locale="nb", default_translation_directories=str(Path(svar.root_path) / "translations"))
    values = _page_values(svar)
    engine = sa.create_engine(svar.config["SQLALCHEMY_ENGINES"]["default"]["url"])
    plain = _table(svar)

    @bare.get("/")
    def page() -> str:
        return render_template("patient/visit.html", **values)

    @bare.post("/same/<int:assessment>")
    def answer_same(assessment: int) -> Any:
        with engine.begin() as connection:
            _insert_same(connection, assessment, request.get_data(as_text=True))
        return redirect("/received", 303)

    @bare.post("/plain")
    def answer_plain() -> Any:
        rows = [{"item": name, "value": value} for name, value in parse_qsl(request.get_data(as_text=True))]
        with engine.begin() as connection:
            connection.execute(sa.insert(plain), rows)
        return redirect("/received", 303)

    return bare


def _insert_same(connection: sa.Connection, assessment: int, body: str) -> None:
    """The answers as a response and its rows, nothing looked up or checked; the audit wants to know who."""
    response = {"assessment_id": assessment, "submitted_at": INFUSION, "mode": "page", "language": "nb"}
    response |= {"content": body, "sha256": "", "instruments": {}}
    connection.execute(DECLARING, {"actor": "bench", "reason": "", "moment": ""})
    key = connection.execute(sa.insert(Response).values(response).returning(Response.id)).scalar_one()
    given = ((number, *name.split("."), value) for number, (name, value) in enumerate(answers_of(body)))
    names = ("position", "instrument", "item", "value")
    connection.execute(sa.insert(Answer), [{"response_id": key} | dict(zip(names, row, strict=True)) for row in given])


def answers_of(body: str) -> list[tuple[str, str]]:
    """The form's fields without the page's own."""
    return [(name, value) for name, value in parse_qsl(body) if not name.startswith("_")]


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
    text = [sa.Column(name, sa.Text) for name in ("item", "value")]
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


def _compare(*kinds: Iterator[list[Call]]) -> list[float]:
    """Calls per second, median of the rounds."""
    times = [[_seconds(next(kind)) for kind in kinds] for _ in range(ROUNDS)]
    return [1 / statistics.median(column) for column in zip(*times, strict=True)]


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
    least = f" (at least {LEAST[name]:.0%})" if LEAST[name] else ""
    print(f"{name}: {ours:.0f} /s, bare {bare:.0f} /s: {ratio:.0%}{least}")
    return ratio >= LEAST[name]


if __name__ == "__main__":
    main()
