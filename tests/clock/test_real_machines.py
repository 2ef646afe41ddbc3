"""Real processes, gunicorn and `flask clock`, on machines of their own, whose cables to the database are pulled."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.time import now
from app.messages.monitoring import heartbeats, holding
from app.responses.models import Response
from app.schedule.links import token
from app.schedule.models import Assessment
from tests.clock.hosts import PORT, Host, possible
from tests.clock.running import clock, until
from tests.clock.test_cut_line import form_of
from tests.clock.test_moved import Looking
from tests.clock.test_rotation import now_due
from tests.clock.test_separate_machines import IMPATIENT, hosts
from tests.core.test_key_marks import machine
from tests.fake_twilio import server
from tests.fake_twilio.server import Server
from tests.settings import KEY
from tests.web.serving import Served, served

__all__ = ["hosts"]
pytestmark = pytest.mark.skipif(not possible(), reason="network namespaces need root on a Linux that allows them")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def provider(
    hosts: list[Host], monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> Iterator[Server]:
    """Beside the clock, behind no cable of the database's."""
    ours = machine(settings, tmp_path, KEY)
    monkeypatch.setattr(server, "ACCOUNT", ours["TWILIO_ACCOUNT_SID"])
    monkeypatch.setattr(server, "TOKEN", ours["TWILIO_AUTH_TOKEN"])
    made = hosts[1].does(Server)
    yield made
    made.close()


def environment(host: Host, settings: Settings, provider: Server, folder: Path) -> dict[str, str]:
    """What a service is set to on this machine: production that gives up on a dead line soon."""
    url = make_url(settings.database_url).set(host=host.database_at, port=PORT, query={}).update_query_string(IMPATIENT)
    return machine(settings, folder, KEY) | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "SVAR_INSTANCE": str(settings.instance),
        "SVAR_TEST_INSTALLATION": "yes",
        "TWILIO_BASE_URL": provider.address,
    }


def ask(host: Host, pages: Served, path: str, form: dict[str, str] | None = None) -> int:
    """What the pages answer to somebody on their machine."""
    method, body = ("GET", "") if form is None else ("POST", urlencode(form))
    headers = {"Host": "svar.example.org"} | ({} if form is None else {"Content_Type": FORM})
    return host.does(lambda: pages.ask(method, path, body, **headers)[0].status)


def test_f51_real_processes_whose_cables_are_pulled_and_put_back_lose_nothing_and_send_nothing_twice(
    session: Session, settings: Settings, hosts: list[Host], provider: Server, tmp_path: Path
) -> None:
    web, clock_at = hosts
    heartbeats.beat(holding.REMEMBERING, now())
    holding.remember(settings.instance, now())
    session.commit()
    look = Looking(session)
    of_web, of_clock = (environment(host, settings, provider, tmp_path) for host in hosts)
    with ExitStack() as stack:
        clock_at.does(lambda: stack.enter_context(clock(settings, tmp_path / "time", 0, **of_clock)))
        pages = web.does(lambda: stack.enter_context(served(settings, **of_web)))
        look.passes(heartbeats.DELIVER)
        clock_at.cut()
        now_due()
        session.commit()
        due = session.scalars(
            select(Assessment).where(Assessment.cancelled_at.is_(None)).order_by(Assessment.id)
        ).all()[-1]
        link, form = f"/a/{token(due)}", form_of(due)
        assert ask(web, pages, link) == 200, "another machine's cable is not ours"
        assert (provider.twilio.times(), look.left()) == ({}, [])
        clock_at.heal()
        until(lambda: look.left() == [due.id])
        web.cut()
        assert [ask(web, pages, "/health/serving"), ask(web, pages, link, form)] == [503, 503]
        web.heal()
        until(lambda: ask(web, pages, "/health/serving") == 200, 30)
        assert ask(web, pages, link, form) == 303
        look.passes(heartbeats.DELIVER)
    assert list(provider.twilio.times().values()) == [1]
    session.rollback()
    assert len(session.scalars(select(Response)).all()) == 1
