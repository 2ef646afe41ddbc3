"""Is it alive, is it ready, and its figures: for monitors. Nothing here tells of a person.

Strangers learn whether it is ready, and no more. What is wrong, and the figures, are for this machine itself and for
who sends `MONITOR_TOKEN`. Behind a proxy everybody seems to come from this machine, and not every proxy writes that it
handed on: where `TRUSTED_PROXIES` names one, only the token counts.
"""

from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address

from flask import Blueprint, Response, request

from app.config import current_settings
from app.core import newer_keys, one_time, schema, zone_rules
from app.core.problems import NotFound
from app.core.time import now
from app.exports import punctuality
from app.messages.monitoring import heartbeats, process_times
from app.messages.monitoring.measures import complaints, measure
from app.schedule import zone_agreement
from app.web.monitoring.figures import figures
from app.web.monitoring.measuring import Gauges, standing

blueprint = Blueprint("health", __name__)
NOTHING_HERE = "There is nothing at this address. Check it, or begin at the front page."


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """Say that this process answers; nothing else is looked at."""
    return {"status": "alive"}


@blueprint.get("/health/serving")
def serving() -> tuple[dict[str, str], int]:
    """Whether it can serve people: the database answers, has the shape it needs, and its own time. For balancers."""
    fits = schema.shape() in (schema.SchemaShape.PRESENT, schema.SchemaShape.NEWER) and not one_time.read(now).is_off
    return {"status": "serving" if fits else "not serving"}, 200 if fits else 503


@blueprint.get("/health/ready")
def ready() -> tuple[dict[str, object], int]:
    """All is as it should be, or not; what is not, in words, for those who may know."""
    reading = one_time.read(now)
    at = reading.at
    wrong = complaints(measure(at), heartbeats.last(), at)
    differs = process_times.complaint(process_times.last(at) | {"this web process": reading.ahead})
    if differs:
        wrong["time"] = differs
    other_rules = zone_agreement.complaint(at)
    if other_rules:
        wrong["zones"] = other_rules
    lacking = newer_keys.complaint()
    if lacking:
        wrong["keys"] = lacking
    late = punctuality.missing(at)
    if late:
        wrong["export"] = f"Last night's export is missing for {', '.join(study.code for study in late)}."
    status: dict[str, object] = {"status": "not ready" if wrong else "ready"}
    details = {"complaints": wrong, "zone_rules": zone_rules.use_newest()} if _is_ours() else {}
    return status | details, 503 if wrong else 200


@blueprint.get("/health/seen")
def seen() -> dict[str, object]:
    """What the proxies made of this request, for who has our keys (`flask ops check`): nothing for strangers."""
    given, expected = request.headers.get("Authorization", ""), current_settings().keyring.password_of_checks()
    if not compare_digest(given.encode(), f"Bearer {expected}".encode()):
        raise NotFound(NOTHING_HERE)
    forwarded = request.headers.get("X-Forwarded-For")
    proxies = len(forwarded.split(",")) if forwarded else 0
    return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host, "proxies": proxies}


@blueprint.get("/metrics")
def metrics() -> Response:
    """How the service stands, as Prometheus reads it; for strangers there is nothing at this address."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    if not _is_ours():
        raise NotFound(NOTHING_HERE)
    registry = CollectorRegistry()
    registry.register(Gauges(standing()))
    written = generate_latest(registry) + generate_latest(figures().to_read())
    return Response(written, content_type=CONTENT_TYPE_LATEST)


def _is_ours() -> bool:
    """Whether somebody asks who was given the token, or this machine where no proxy stands before us."""
    settings, given = current_settings(), request.headers.get("Authorization", "")
    token = settings.monitor_token
    if token and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return (
        not settings.trusted_proxies
        and is_this_machine(request.remote_addr or "")
        and not request.script_root
        and not was_handed_on(request.headers.keys())
    )


def is_this_machine(address: str) -> bool:
    """Whether it is an address that only this machine has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def was_handed_on(headers: Iterable[str]) -> bool:
    """Whether a proxy stood between, by what proxies write."""
    written = ("x-forwarded", "forwarded", "x-real-ip", "x-original", "via", "x-client-ip", "cf-", "true-client-ip")
    return any(name.lower().startswith(written) for name in headers)
