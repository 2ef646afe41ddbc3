"""Figures of this web service as Prometheus reads them: how long requests take, how many connections they hold.

Each process counts for itself. Where gunicorn keeps several (`PROMETHEUS_MULTIPROC_DIR`, set in gunicorn.conf.py) they
write into files of one folder, and whichever of them is asked answers for all. Addresses are told as routes: no link
and no number is in them.
"""

import os
import time
from typing import TYPE_CHECKING

from flask import Flask, current_app, g, request
from sqlalchemy import Engine, event
from werkzeug.wrappers import Response

from app.core.database import db

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Gauge

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COUNTED_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
EXTENSION = "figures"


class Figures:
    """What one process counts."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Gauge, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        words, labels = "How long requests took, in seconds", ["method", "endpoint", "status"]
        self.seconds: Histogram = Histogram(
            "svar_http_request_seconds", words, labels, registry=self.registry, buckets=BUCKETS
        )
        self.in_use: Gauge = self._gauge("svar_pool_in_use", "Database connections in use, in the busiest process")
        self.limit: Gauge = self._gauge("svar_pool_limit", "Database connections that a process may use")

    def _gauge(self, name: str, words: str) -> "Gauge":
        from prometheus_client import Gauge

        return Gauge(name, words, registry=self.registry, multiprocess_mode="livemax")

    def to_read(self) -> "CollectorRegistry":
        """What to answer with: of all processes, where there are several."""
        folder = os.environ.get(METRICS_FOLDER)
        if not folder:
            return self.registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        of_all = CollectorRegistry()
        MultiProcessCollector(of_all, folder)  # type: ignore[no-untyped-call]
        return of_all


def init_app(app: Flask) -> None:
    """Measure every request of this application."""
    counted = app.extensions[EXTENSION] = Figures()
    app.after_request(_note)
    with app.app_context():
        engine = db.engine
    pool = engine.pool
    counted.limit.set(pool.size() + max(0, pool._max_overflow))  # type: ignore[attr-defined]
    # a pool is made anew after a fork: it is asked for when it is looked at
    event.listen(engine, "checkout", lambda *_: counted.in_use.set(_checked_out(engine)))
    event.listen(engine, "checkin", lambda *_: counted.in_use.set(_checked_out(engine) - 1))


def _checked_out(engine: Engine) -> int:
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]


def figures() -> Figures:
    """What this process has counted."""
    kept: Figures = current_app.extensions[EXTENSION]
    return kept


def _note(response: Response) -> Response:
    method = request.method if request.method in COUNTED_METHODS else "other"
    took = time.perf_counter() - g.began if "began" in g else 0.0
    figures().seconds.labels(method, request.endpoint or "none", str(response.status_code)).observe(took)
    return response
