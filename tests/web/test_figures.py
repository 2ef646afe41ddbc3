"""What Prometheus is told: every figure is there, each alert and panel names figures that exist, none is unwatched."""

import json
import re
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import schema
from app.core.database import db
from app.core.schema import SchemaShape
from app.core.time import moved_clock
from app.exports.models import Snapshot
from app.messages.models import MessageState
from app.messages.monitoring import heartbeats, process_times, rounds
from app.web.monitoring import health
from tests.factories import backtobasic
from tests.web.serving import ROOT, served

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SEVERITIES = {"page", "ticket"}
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "svar.rules.yml").read_text("utf-8"))
BOARD = json.loads((ROOT / "deploy" / "grafana" / "svar.json").read_text("utf-8"))
Figures = dict[tuple[str, tuple[str, ...]], float]


def read(answer: str) -> Figures:
    """Each figure by its name and its labels' values, in the order of the labels."""
    samples = [sample for family in text_string_to_metric_families(answer) for sample in family.samples]
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples
    }


@pytest.fixture
def figures(session: Session, client: FlaskClient) -> Figures:
    """The figures of a service of which a little is known."""
    study = backtobasic().study
    session.add(
        Snapshot(study=study, day=NOW.date(), as_of=NOW - timedelta(hours=8), path="x", manifest_sha256="0" * 64)
    )
    heartbeats.beat("deliver", NOW - timedelta(seconds=4))
    heartbeats.beat("plan", NOW + timedelta(days=2))
    heartbeats.beat("failed queue", NOW)
    process_times.note("a:1", timedelta(hours=-1), NOW)
    session.commit()
    with moved_clock(lambda: NOW):
        client.get("/no-such-page/+4740000001")
        client.get("/health/live")
        client.open("/health/live", method="JUNK")
        return read(client.get("/metrics").text)


def test_it_is_told_how_jobs_exports_time_shape_and_texts_stand(figures: Figures) -> None:
    jobs = {job: figures[("svar_job_last_success_seconds", (job,))] for job in rounds.SECONDS}
    assert jobs == dict.fromkeys(rounds.SECONDS, inf) | {"deliver": 4.0, "plan": -172_800.0}
    assert {job: figures[("svar_job_period_seconds", (job,))] for job in rounds.SECONDS} == rounds.SECONDS
    assert [job for job in rounds.SECONDS if figures[("svar_job_failing", (job,))]] == ["queue"]
    assert figures[("svar_export_age_seconds", ("backtobasic",))] == 8 * 3600
    assert figures[("svar_unasked_visits", ())] == 0
    assert (figures[("svar_time_ahead_seconds", ("a:1",))], figures[("svar_time_ahead_seconds", ("web",))]) == (
        -3600,
        0,
    )
    assert {shape: figures[("svar_schema", (shape.value,))] for shape in SchemaShape} == {
        SchemaShape.PRESENT: 1, SchemaShape.NEWER: 0, SchemaShape.OLDER: 0, SchemaShape.NONE: 0,
    }  # fmt: skip
    assert {state: figures[("svar_messages", (state.value,))] for state in MessageState} == dict.fromkeys(
        MessageState, 0
    )


def test_requests_are_counted_by_their_route_and_no_address_is_told(figures: Figures) -> None:
    counts = {labels: value for (name, labels), value in figures.items() if name == "svar_http_request_seconds_count"}
    assert counts[("none", "GET", "404")] >= 1
    assert counts[("health.live", "GET", "200")] >= 1
    assert counts[("none", "other", "405")] >= 1, "whoever invents methods makes no series"
    assert not any("4740000001" in str(labels) for labels in figures)


def test_the_connections_in_use_are_those_that_somebody_holds(app: Flask) -> None:
    def in_use() -> float:
        return read(generate_latest(app.extensions["figures"].registry).decode())[("svar_pool_in_use", ())]

    with app.app_context():
        with db.engine.connect():
            with db.engine.connect():
                assert in_use() == 2
            assert in_use() == 1
        assert in_use() == 0
    limit = read(generate_latest(app.extensions["figures"].registry).decode())[("svar_pool_limit", ())]
    assert limit == app.config["SQLALCHEMY_ENGINES"]["default"]["pool_size"] + 10


def test_a_study_that_was_never_exported_is_for_ever_old(session: Session, client: FlaskClient) -> None:
    backtobasic()
    session.commit()
    with moved_clock(lambda: NOW):
        assert read(client.get("/metrics").text)[("svar_export_age_seconds", ("backtobasic",))] == inf


def test_several_processes_answer_for_each_other(session: Session, settings: Settings) -> None:
    with served(settings, WEB_WORKERS="2") as running:
        for _ in range(20):
            running.ask("GET", "/robots.txt")
        for _ in range(4):
            counts = read(running.ask("GET", "/metrics")[1])
            assert counts[("svar_http_request_seconds_count", ("landing.robots", "GET", "200"))] == 20
            assert ("svar_pool_limit", ()) in counts, "one figure, whichever process was asked"


EXPRESSIONS = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
PANELS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


def names(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"svar_\w+", expression)}


def test_every_alert_and_panel_names_figures_that_there_are_and_none_goes_unwatched(figures: Figures) -> None:
    there = {name for name, _ in figures if not name.endswith("_created")}
    assert names(EXPRESSIONS) | names(PANELS) == there - {"svar_http_request_seconds_sum"}


@pytest.mark.parametrize(
    "rule", [rule for group in RULES["groups"] for rule in group["rules"]], ids=lambda rule: rule["alert"]
)
def test_every_alert_says_whom_to_wake_and_what_is_wrong(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"]["summary"].endswith(".")


def test_the_boards_panels_have_places_of_their_own() -> None:
    places = [tuple(panel["gridPos"][side] for side in "xywh") for panel in BOARD["panels"]]
    cells = [(x + right, y + down) for x, y, w, h in places for right in range(w) for down in range(h)]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


@pytest.mark.parametrize(
    ("revision", "shape", "status"),
    [
        (schema.revisions()[-1], SchemaShape.PRESENT, 200),
        (schema.revisions()[-2], SchemaShape.OLDER, 503),
        ("0001", SchemaShape.OLDER, 503),
        ("9999", SchemaShape.NEWER, 200),  # a later version has been here, and this one is still serving
        (None, SchemaShape.NONE, 503),
    ],
)
def test_a_balancer_sends_people_where_the_database_answers_and_fits(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch,
    revision: str | None, shape: SchemaShape, status: int,
) -> None:  # fmt: skip
    assert client.get("/health/serving").status_code == 200
    assert schema.revision_there() == schema.revisions()[-1]
    monkeypatch.setattr(schema, "revision_there", lambda: revision)
    answer = client.get("/health/serving")
    assert (schema.shape(), answer.status_code) == (shape, status)
    assert answer.get_json() == {"status": "serving" if status == 200 else "not serving"}


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(0, 200), (50, 200), (-50, 200), (75, 503), (-75, 503), (3600, 503), (-3600, 503), (86400 * 365, 503)],
)
def test_a_balancer_sends_nobody_to_a_machine_whose_time_is_wrong(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    monkeypatch.setattr(health, "now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    answer = client.get("/health/serving")
    assert (answer.status_code, client.get("/health/live").status_code) == (status, 200)
    assert answer.get_json() == {"status": "serving" if status == 200 else "not serving"}


def test_a_balancer_sends_nobody_where_the_database_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("SELECT", {}, ConnectionError())

    monkeypatch.setattr(schema, "revision_there", away)
    assert client.get("/health/serving").status_code == 503


def test_a_clock_that_stands_still_keeps_no_page_from_being_served(session: Session, client: FlaskClient) -> None:
    """What the clock does is for who runs the service; a balancer that heeded it would take every page away."""
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/serving").status_code == 200
