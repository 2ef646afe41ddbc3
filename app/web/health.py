"""Is it alive, is it ready, and its figures: for monitors. Nothing here tells of a person."""

from ipaddress import ip_address

from flask import Blueprint, Response, request

from app.core.problems import NotFound
from app.core.time import now
from app.exports import punctuality
from app.messages.models import MessageState
from app.messages.monitoring import heartbeats
from app.messages.monitoring.measures import Measures, complaints, measure

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """Say that this process answers; nothing else is looked at."""
    return {"status": "alive"}


@blueprint.get("/health/ready")
def ready() -> tuple[dict[str, object], int]:
    """All is as it should be, or what is not, in words."""
    at = now()
    found = complaints(measure(at), heartbeats.last(), at)
    late = punctuality.missing(at)
    if late:
        found["export"] = f"Last night's export is missing for {', '.join(study.code for study in late)}."
    return {"status": "not ready" if found else "ready", "complaints": found}, 503 if found else 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus; only for the machine itself and its own network."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    if not _from_near():
        raise NotFound("There is nothing at this address. Check it, or begin at the front page.")
    registry = CollectorRegistry()
    _gauges(registry, measure(now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _gauges(registry: object, measures: Measures) -> None:
    from prometheus_client import Gauge

    figures = {
        "svar_queue_depth": ("Texts that may leave and have not", measures.waiting),
        "svar_queue_oldest_seconds": ("How long the oldest of them waits", measures.oldest_waiting_seconds),
        "svar_unknown_oldest_seconds": ("How long the oldest unknown text is so", measures.oldest_unknown_seconds),
        "svar_lag_p95_seconds": ("From owed to sent, 95th percentile of a day", measures.lag_p95_seconds),
        "svar_breaker_open": ("Whether texts are held back", float(bool(measures.halts))),
    }
    for name, (help_, value) in figures.items():
        Gauge(name, help_, registry=registry).set(value)  # type: ignore[arg-type]
    states = Gauge("svar_messages", "Texts by state", ["state"], registry=registry)  # type: ignore[arg-type]
    for state in MessageState:  # also those of which there are none: a series that comes and goes alarms nobody
        states.labels(state.value).set(measures.states.get(state.value, 0))


def _from_near() -> bool:
    try:
        return ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False
