"""A phone with Debian's chromium, and the service on a port of its own. Without chromium these tests are skipped."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from app import create_app
from app.api import limits as token_limits
from app.config import Settings
from app.core import crypto
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.responses.models import Response
from app.schedule.links import token
from app.schedule.models import Assessment
from app.web.patient import limits
from app.web.patient.proof import QUICK
from tests.responses.visits import INFUSION, participant, visit

SHELL, FULL = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = SHELL if SHELL.exists() else FULL
"""Debian's chromium; its shell, where it is installed, is the same browser without windows, at half the work."""
OURS = f"--svar-tests={os.getpid()}"
"""A flag that chromium does not know, by which the browser of this process is told from others."""
HUNG_SECONDS = 120
PATIENCE = 30_000
"""Milliseconds: a busy machine is slow, not wrong."""
expect.set_options(timeout=PATIENCE)
DAY = timedelta(days=1)
DAYS = {"d0": -2, "d14": 14, "d21": 21, "d154": 154}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists() and item.path.name != "test_engines.py":
                item.add_marker(pytest.mark.skip(reason=f"no {FULL} (on Debian: apt install chromium)"))


@contextmanager
def ended_if_hung() -> Iterator[None]:
    """A new phone comes at once, or the browser is ended and the tests fail: it hung once, and waits without limit."""
    timer = threading.Timer(HUNG_SECONDS, subprocess.run, (["pkill", "-KILL", "-f", "--", OURS],))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all of these tests; closed before others run, because its event loop occupies the thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", OURS])
        yield browser
        browser.close()


Found = TypeVar("Found")


def aside(app: Flask, work: Callable[[], Found]) -> Found:
    """Do it with the database in a thread of its own: Playwright's event loop occupies this one."""

    def inside() -> Found:
        with app.app_context(), acting("test"), transaction():
            return work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(inside).result()


@pytest.fixture(scope="package")
def served_app(worker_settings: Settings) -> Iterator[Flask]:
    """The application as it is served, made once for all of these tests; closed aside."""
    made = create_app(worker_settings)
    yield made
    aside(made, lambda: list(map(Engine.dispose, db.engines.values())))


@pytest.fixture
def app(served_app: Flask, settings: Settings) -> Flask:
    """The application on an empty database, with its keys, and nothing remembered of who guessed at links."""
    limits.init_app(served_app)
    token_limits.init_app(served_app)
    crypto.configure(settings.keyring)
    return served_app


BeforeEachRequest = Callable[[Callable[[WSGIEnvironment], None]], None]


@pytest.fixture
def before_each_request(app: Flask, monkeypatch: pytest.MonkeyPatch) -> BeforeEachRequest:
    """Let something happen before each request of this test reaches the application."""

    def install(happen: Callable[[WSGIEnvironment], None]) -> None:
        reached = app.wsgi_app

        def through(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            happen(environ)
            return reached(environ, start_response)

        monkeypatch.setattr(app, "wsgi_app", through)

    return install


@pytest.fixture
def base(app: Flask) -> Iterator[str]:
    """The service's address."""
    of_others = set(threading.enumerate())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    for answering in set(threading.enumerate()) - of_others:
        if "process_request_thread" in answering.name:  # one that outlives its test would leave a connection open
            answering.join(PATIENCE / 1000)


@pytest.fixture
def phone(chromium: Browser, base: str) -> Iterator[Callable[..., BrowserContext]]:
    """Phones: each call is another one, 360 x 740 unless told otherwise. They are closed before the service is.

    On all but a `hasty` one each tap comes long after the screen that it is meant for.
    """
    made = []

    def another(width: int = 360, height: int = 740, hasty: bool = False, **how: Any) -> BrowserContext:
        size = {"width": width, "height": height}
        with ended_if_hung():
            made.append(chromium.new_context(viewport=size, has_touch=True, is_mobile=True, **how))  # type: ignore[arg-type]
        made[-1].set_default_timeout(PATIENCE)
        if not hasty:
            made[-1].add_init_script(QUICK)
        return made[-1]

    yield another
    for context in made:
        context.close()


@pytest.fixture
def open_visit(app: Flask, base: str) -> Iterator[Callable[..., str]]:
    """The address of a visit that is open now, by its code."""
    clocks = []

    def opened(code: str, **how: Any) -> str:
        clock = moved_clock(lambda: INFUSION + DAYS[code] * DAY)
        clock.__enter__()
        clocks.append(clock)
        made = aside(app, lambda: token(visit(participant(given=code != "d0", **how), code)))
        return f"{base}/a/{made}"

    yield opened
    for clock in reversed(clocks):
        clock.__exit__(None, None, None)


def the_visit(app: Flask, code: str) -> Assessment:
    def find() -> Assessment:
        assessment = db.session.scalars(select(Assessment).filter_by(visit=code)).one()
        db.session.expunge_all()
        return assessment

    return aside(app, find)


def responses(app: Flask) -> list[Response]:
    def find() -> list[Response]:
        rows = list(db.session.scalars(select(Response)))
        db.session.expunge_all()
        return rows

    return aside(app, find)


def until(page: Page, expression: str) -> None:
    """Wait until `expression`, which may be a promise, is true.

    Playwright's own `wait_for_function` takes a promise for true, whatever it promises.
    """
    page.evaluate(f"""async () => {{
        for (const end = Date.now() + {PATIENCE}; Date.now() < end; await new Promise((go) => setTimeout(go, 25)))
            if (await ({expression})) return;
        throw new Error("was not so in time");
    }}""")


def question(page: Page) -> str | None:
    """The id of the question on screen, once the script has begun; nothing on the first and last screens."""
    until(page, "!document.getElementById('visit') || history.state")
    identifier = page.evaluate("document.querySelector('section:not(#start) > .q.on')?.id")
    return str(identifier) if identifier else None


def answer(page: Page, field: str, choose: int = 0) -> None:
    """Answer the question on screen as a finger would."""
    on_screen = page.locator(f"[id='{field}']")
    kind = (on_screen.get_attribute("class") or "").split()[1]
    if kind in ("choice", "nrs", "ticks"):
        on_screen.locator("label").nth(choose).click()
    elif kind == "vas":
        on_screen.get_by_role("slider").click(position={"x": 20, "y": 90})
    elif kind == "date":
        on_screen.locator("input").fill("2026-02-01")
    elif kind == "time":
        on_screen.locator("input").fill("22:30")
    else:
        on_screen.locator("input, textarea").fill("20" if kind == "number" else "Litt trening")


def answer_all(page: Page, look: Callable[[str], None] = lambda _: None) -> list[str]:
    """From the first screen to the last, answering everything; the questions seen."""
    seen: list[str] = []
    page.click("#next")
    while (field := question(page)) is not None:
        assert field not in seen, f"{field} came twice"
        seen.append(field)
        look(field)
        answer(page, field)
        page.click("#next")
    return seen
