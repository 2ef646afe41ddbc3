"""How fast the patient's page is, beside the barest thing that could do the same, in one run.

Page: GET of BackToBasic's day-154 visit, against a bare Flask view that draws the same page with Jinja; and the same
visit resumed, which is drawn with its draft each time.
Answer: POST of all its answers (checked, scored, kept, the visit closed), against two bare Flask views. One inserts the
same answers with SQLAlchemy Core into the same two tables, so under the same keys and the database's own audit: what
Svar adds to keeping these rows. The other inserts them into a table of two text columns with neither keys nor audit:
what keeping them so costs at all. Both ways of Core were tried; handing over a list of rows, as here, is quicker than
one statement of many VALUES.
What an answer costs is told by processor time, ours and PostgreSQL's, as that of a whole visit is: by the clock of a
machine that has nothing else to do, the bare insert of many rows is at work on two processors at once, which a machine
that serves has not to spare. What the clock says is printed beside it.
A whole visit: the page, that she begins, a draft of all answers, the submission, the receipt; by processor time, here
and in PostgreSQL.
All run in this process on the same database; rounds alternate, and the best of each counts, so that what else the
machine does hits none.
Run: `python -m bench.patient`.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import Flask, redirect, render_template, request
from flask_babel import Babel
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.config import settings
from app.core import connecting, migrating
from app.core.audit import DECLARED, DECLARING, acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments import instrument
from app.responses.models import Answer, Response
from app.schedule.links import token
from app.schedule.models import Assessment
from app.web.language import speak
from app.web.patient.page import script, style
from app.web.patient.visit import VisitContent, frame_of
from app.web.questions import section
from bench.processor import seconds
from bench.promises import Bound, Promise, settle
from tests.responses.visits import INFUSION, answers_to, participant, visit

ROUNDS, PAGES, PATIENTS, VISITING = 24, 20, 5, 8
LEAST = {
    "page, beside a bare view": 0.75,
    "answer's processor, beside an insert in the same tables": 0.60,
    "answer's processor, beside a table without keys and audit": 0.60,
}
LARGEST = 14_336
"""Bytes of a visit's page as sent: what ten packets carry before the first is acknowledged."""
VISIT_MS = 13.0
"""Processor time of a whole visit: the page, that she begins, a draft, the answers, the receipt."""
FORM = "application/x-www-form-urlencoded"
Call = Callable[[], object]


def main() -> None:
    """Measure and print; exit code 1 where we are slower than promised."""
    with tempfile.TemporaryDirectory() as folder, moved_clock(lambda: INFUSION + timedelta(days=154)):
        app = make_app(Path(folder))
        links, others, body = _people(app, (ROUNDS + VISITING) * PATIENTS + 1)
        bare = _bare(app)
        resumed = _begun(app, links.pop(), body)
        pages = _compare(*map(_pages, (app, app, bare), (links[0], resumed, "/")))
        bytes_sent = _size(app, links[-1])
        visiting, links = links[: VISITING * PATIENTS], links[VISITING * PATIENTS :]
        same, plain = [f"/same/{key}" for key in others], ["/plain"] * len(links)
        ours, *anchors = _compare(*(_answers(*each, body) for each in ((app, links), (bare, same), (bare, plain))))
        visit_ms = _visit_ms(app, visiting, body)
    print("by the clock:")
    print("page {:.0f}/s, resumed {:.0f}/s, bare {:.0f}/s".format(*(1 / cost.clock for cost in pages)))
    rates = (1 / cost.clock for cost in (ours, *anchors))
    print("answer {:.0f}/s, bare {:.0f}/s in the same tables, {:.0f}/s in a plain one".format(*rates))
    answers = (anchor.processor / ours.processor for anchor in anchors)
    ratios = dict(zip(LEAST, (pages[2].clock / pages[0].clock, *answers), strict=True))
    settle(
        [
            *(Promise(name, ratio, Bound.LEAST, LEAST[name], "%") for name, ratio in ratios.items()),
            Promise("day 154 in one request, gzip", bytes_sent, Bound.MOST, LARGEST, "bytes"),
            Promise("a whole visit, ours and PostgreSQL's processor", visit_ms, Bound.MOST, VISIT_MS, "ms"),
        ]
    )


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
        return [f"/a/{token(each)}" for each in visits], [each.id for each in others], body


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
    bare.jinja_env.filters |= svar.jinja_env.filters
    values = _page_values(svar)
    engine = sa.create_engine(svar.config["SQLALCHEMY_ENGINES"]["default"]["url"])
    connecting.watch(engine)
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
    connection.execute(DECLARING, dict.fromkeys(DECLARED, "") | {"actor": "bench"})
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
        content = VisitContent(frame, plan.minutes, assessment.protocol.plan.answers, "", plan.instruments, ())
        shown = {"frame": frame, "content": content, "sections": sections, "title": "Svar", "focus": ""}
        return {**shown, "values": {}, "errors": {}, "style": style, "script": script}


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


def _call(app: Flask, path: str, method: str, body: bytes, expected: str = "") -> Call:
    headers = [("Accept-Encoding", "gzip"), ("Accept", "text/html")]

    def call() -> object:
        builder = EnvironBuilder(path, method=method, data=body, content_type=FORM if body else None, headers=headers)
        chunks, status, _ = run_wsgi_app(app, builder.get_environ(), buffered=True)
        assert status[:3] == (expected or ("303" if body else "200")), status
        return chunks

    return call


class Cost(NamedTuple):
    """Seconds of a call: as they passed, and of processors, ours and PostgreSQL's."""

    clock: float
    processor: float


def _compare(*kinds: Iterator[list[Call]]) -> list[Cost]:
    """What a call of each kind costs in the best of the rounds: what else the machine does only ever adds."""
    rounds = [[_cost(next(kind)) for kind in kinds] for _ in range(ROUNDS)]
    return [Cost(*map(min, zip(*costs, strict=True))) for costs in zip(*rounds, strict=True)]


def _cost(calls: list[Call]) -> Cost:
    def call_all() -> None:
        for call in calls:
            call()

    began = time.perf_counter()
    processor = seconds(call_all, os.environ["SVAR_DATABASE"])
    return Cost((time.perf_counter() - began) / len(calls), processor / len(calls))


def _size(app: Flask, path: str) -> int:
    return len(app.test_client().get(path, headers={"Accept-Encoding": "gzip"}).get_data())


def _visit_ms(app: Flask, paths: list[str], body: bytes) -> float:
    """Milliseconds of processor, in this process and in PostgreSQL, that one whole visit takes; the best of rounds."""
    fields = body.replace(b"&_asked=1&_shown=paged", b"")

    def visits(these: list[str]) -> None:
        for path in these:
            _call(app, path, "GET", b"")()
            _call(app, path, "POST", b"_act=start", "200")()
            _call(app, path, "POST", fields + b"&_act=draft", "200")()
            _call(app, path, "POST", body)()
            _call(app, f"{path}/received", "GET", b"")()

    rounds = [paths[start : start + PATIENTS] for start in range(0, len(paths), PATIENTS)]
    visits(rounds[0])  # connections are open and statements prepared
    database = os.environ["SVAR_DATABASE"]
    return min(seconds(partial(visits, these), database) for these in rounds[1:]) / PATIENTS * 1000


if __name__ == "__main__":
    main()
