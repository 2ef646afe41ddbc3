"""What a line of the log holds, as text and as JSON: its trace, PostgreSQL's code, and nobody's number."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.core import logging as our_logging
from app.core.database import db
from app.messages.gateways.sandbox import SandboxGateway
from tests.factories import visitor
from tests.messages.people import INVITED

log = logging.getLogger("svar.web")


@contextmanager
def written(formatter: logging.Formatter) -> Iterator[list[str]]:
    """The lines that this formatter writes of `svar`'s loggers."""
    stream = io.StringIO()
    lines: list[str] = []
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        lines += stream.getvalue().splitlines()


def objects(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_a_line_is_one_object_with_what_belongs_to_it() -> None:
    with written(our_logging.Structured()) as lines:
        log.error("to %s\nand on", "+4740612345", extra={"job": "deliver", "sqlstate": "42501", "unknown": 1})
        with our_logging.tracing():
            log.warning("æøå %s", "a@b.example", extra={"status": 503, "place": "a.py:1 of c@d.example"})
    first, second = objects(lines)
    assert {name: value for name, value in first.items() if name != "at"} == {
        "level": "ERROR", "logger": "svar.web", "text": "to (number)\nand on", "job": "deliver", "sqlstate": "42501",
    }  # fmt: skip
    assert second["text"] == "æøå (address)"
    assert (second["status"], second["place"]) == (503, "a.py:1 of (address)")
    assert len(second["trace"]) == 16
    assert first["at"].endswith("Z")


@pytest.mark.parametrize("path", ["/a/", "/invitation/"])
@pytest.mark.parametrize("token", ["x" * 34, "k9" * 21 + "-", "AbC_d-12"])
def test_a_link_that_opens_something_is_in_no_line(path: str, token: str) -> None:
    with written(our_logging.Structured()) as lines:
        log.warning("GET %s%s 410", path, token)
    assert objects(lines)[0]["text"] == f"GET {path}(link) 410"


def test_a_traceback_is_in_the_object_and_names_nobody() -> None:
    with written(our_logging.Structured()) as lines:
        try:
            raise ValueError("+4740612345")
        except ValueError:
            log.exception("broken")
    (line,) = objects(lines)
    assert "ValueError: (number)" in line["traceback"]


def test_as_text_a_line_ends_with_its_trace_once() -> None:
    with written(our_logging.Redacting()) as lines:
        log.error("before")
        token = our_logging.start_trace("0123456789abcdef")
        log.error("within")
        log.error("has it: 0123456789abcdef")
        our_logging.end_trace(token)
        log.error("after")
    assert [line.partition("svar.web ")[2] for line in lines] == [
        "before", "within trace=0123456789abcdef", "has it: 0123456789abcdef", "after",
    ]  # fmt: skip


def test_what_a_request_logs_has_its_id_and_the_next_has_another(app: Flask, session: Session) -> None:
    def fail() -> str:
        log.warning("on the way")
        db.session.execute(text("SELECT * FROM no_such_table"))
        return "never"

    app.view_functions["landing.robots"], before = fail, app.view_functions["landing.robots"]
    app.testing = False
    try:
        with written(our_logging.Structured()) as lines:
            answer = visitor(app).get("/robots.txt", headers={"X-Request-ID": "given-by-the-proxy"})
            visitor(app).get("/health/live")
            log.error("of nobody")
    finally:
        app.view_functions["landing.robots"], app.testing = before, True
    way, failed, done, other, nobody = objects(lines)
    assert {line["trace"] for line in (way, failed, done)} == {"given-by-the-proxy"} == {answer.headers["X-Request-ID"]}
    assert (failed["error"], failed["sqlstate"]) == ("ProgrammingError", "42P01")
    assert failed["text"].startswith("unexpected ProgrammingError 42P01 at ")
    assert "no_such_table" not in json.dumps(failed), "the statement may hold a person's words"
    assert (done["route"], done["status"]) == ("/robots.txt", 500)
    assert done["milliseconds"] >= 0
    assert other["trace"] not in ("", "given-by-the-proxy")
    assert "trace" not in nobody


def test_each_round_of_a_job_has_a_trace_and_says_which_job_failed_of_what(session: Session, app: Flask) -> None:
    def refused(_: object, __: object) -> None:
        db.session.execute(text("DELETE FROM audit.entries"))

    gateway = SandboxGateway(app.extensions["settings"])
    with written(our_logging.Structured()) as lines:
        for _ in range(2):
            assert not clock.run(clock.Job("mow", 5, refused), gateway, INVITED)
    first, second = objects(lines)
    assert (first["job"], first["error"], first["sqlstate"]) == ("mow", "ProgrammingError", "42501")
    assert first["place"].startswith("clock.py:")
    assert first["trace"] != second["trace"]


@pytest.mark.parametrize(("structured", "kind"), [(True, our_logging.Structured), (False, our_logging.Redacting)])
def test_the_format_is_as_the_settings_say_and_there_is_one_handler(structured: bool, kind: type) -> None:
    try:
        our_logging.configure(structured=structured)
        ours = [h.formatter for h in logging.getLogger().handlers if isinstance(h.formatter, our_logging.Redacting)]
        assert [type(formatter) for formatter in ours] == [kind]
    finally:
        our_logging.configure()
