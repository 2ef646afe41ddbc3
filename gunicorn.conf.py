"""How gunicorn serves Svar; read wherever it is started from this folder. See app/web/serving.py."""

import os
import shutil
import tempfile
from typing import Any

from app.core.usable_settings import SERVED, malformed

wrong = list(malformed({name: os.environ.get(name, "") for name in SERVED}))
if wrong:
    raise SystemExit("\n  ".join(["Svar does not start like this:", *wrong]) + "\nSee docs/operations.md.")

bind = f"{os.environ.get('WEB_BIND') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "app.web.serving.Reader"
workers = int(os.environ.get("WEB_WORKERS") or "2")
threads = int(os.environ.get("WEB_THREADS") or "8")
worker_connections = int(os.environ.get("WEB_CONNECTIONS") or "500")
graceful_timeout = 30
control_socket_disable = True


def on_starting(_: Any) -> None:
    """A folder in which the processes count, so that whichever is asked for figures answers for all of them."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="svar-figures-")


def child_exit(_: Any, worker: Any) -> None:
    """What a process that has ended was at is no figure of today's; what it has counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_: Any) -> None:
    """Leave no folder behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
