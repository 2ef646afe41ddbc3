"""How the service stands, as Prometheus reads it: the queue, the clock's jobs, exports, shape and time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

from app.core import one_time, schema
from app.core.time import now
from app.exports import punctuality
from app.messages.models import MessageState
from app.messages.monitoring import heartbeats, process_times, rounds
from app.messages.monitoring.measures import Measures, measure

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True)
class ServiceStanding:
    """How the service stands at an instant of the database's."""

    at: datetime
    measures: Measures
    beats: dict[str, datetime]
    exported: dict[str, datetime | None]
    """When each study's newest export was made."""
    times: dict[str, timedelta]
    shape: schema.SchemaShape


def standing() -> ServiceStanding:
    """Look at everything once."""
    reading = one_time.read(now)
    at = reading.at
    return ServiceStanding(
        at=at,
        measures=measure(at),
        beats=heartbeats.last(),
        exported=punctuality.newest(),
        times=process_times.last(at) | {"web": reading.ahead},
        shape=schema.shape(),
    )


class Gauges:
    """A collector of Prometheus's, which asks no more than what it was made with."""

    def __init__(self, state_now: ServiceStanding) -> None:
        self._standing = state_now

    def collect(self) -> Iterator["GaugeMetricFamily"]:
        """Each figure, with its words."""
        yield from _of_texts(self._standing.measures)
        yield from _of_jobs(self._standing)
        yield from _of_the_rest(self._standing)


def _of_texts(measures: Measures) -> Iterator["GaugeMetricFamily"]:
    yield _gauge("svar_queue_depth", "Texts that may leave and have not", measures.waiting)
    yield _gauge("svar_queue_oldest_seconds", "How long the oldest of them waits", measures.oldest_waiting_seconds)
    unknown = measures.oldest_unknown_seconds
    yield _gauge("svar_unknown_oldest_seconds", "How long the oldest unknown text is so", unknown)
    yield _gauge("svar_lag_p95_seconds", "From owed to sent, 95th percentile of a day", measures.lag_p95_seconds)
    yield _gauge("svar_breaker_open", "Whether texts are held back", bool(measures.halts))
    yield _gauge("svar_unasked_visits", "Visits that are due and have no text", measures.unasked)
    states = {state.value: measures.states.get(state.value, 0) for state in MessageState}  # also those of none
    yield _gauges("svar_messages", "Texts by state", "state", states)


def _of_jobs(state_now: ServiceStanding) -> Iterator["GaugeMetricFamily"]:
    ages = {job: _age(state_now.beats.get(job), state_now.at) for job in rounds.SECONDS}
    failing = heartbeats.failing(state_now.beats)
    failed = {job: float(job in failing) for job in rounds.SECONDS}
    words = "Seconds since this job of the clock ran to its end; negative if that lies in the future"
    yield _gauges("svar_job_last_success_seconds", words, "job", ages)
    yield _gauges("svar_job_period_seconds", "How often this job of the clock is asked", "job", rounds.SECONDS)
    yield _gauges("svar_job_failing", "Whether this job failed when it was last tried", "job", failed)


def _of_the_rest(state_now: ServiceStanding) -> Iterator["GaugeMetricFamily"]:
    ages = {study: _age(at, state_now.at) for study, at in state_now.exported.items()}
    ahead = {process: difference.total_seconds() for process, difference in state_now.times.items()}
    shapes = {shape.value: float(shape is state_now.shape) for shape in schema.SchemaShape}
    yield _gauges("svar_export_age_seconds", "Seconds since this study was last exported", "study", ages)
    yield _gauges("svar_schema", "How the database's shape stands to this version: 1 for what holds", "shape", shapes)
    yield _gauges("svar_time_ahead_seconds", "How far a process's machine is ahead of the database", "process", ahead)


def _age(at: datetime | None, now_: datetime) -> float:
    """How long ago; for ever, if never."""
    return (now_ - at).total_seconds() if at is not None else inf


def _gauge(name: str, words: str, value: float) -> "GaugeMetricFamily":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, words, value=float(value))


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> "GaugeMetricFamily":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, words, labels=[label])
    for which, value in values.items():
        family.add_metric([which], float(value))
    return family
