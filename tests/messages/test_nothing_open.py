"""Whatever a provider is asked, and however long it takes: nothing is open in the database, so nobody waits for it."""

from collections import defaultdict
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.config import current_settings
from app.core.database import db
from app.core.time import moved_clock
from app.messages.gateways.gateway import Found, Outgoing
from app.messages.gateways.outcomes import Sent
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.third_witness import WITNESS
from app.messages.receiving import replies, sweeping
from tests.fake_twilio.callbacks import write_to_us
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, minutes, weekly

HERS, NOBODYS = "+4740000001", "+4799999999"


class Watched(Provider):
    """Notes for each thing that it is asked whether anything of the database was open then."""

    def __init__(self) -> None:
        super().__init__()
        self.open_at: dict[str, list[bool]] = defaultdict(list)

    def _note(self, what: str) -> None:
        self.open_at[what] += [db.session.in_transaction() or db.engine.pool.checkedout() > 0]  # type: ignore[attr-defined]

    def send(self, text: Outgoing, now: datetime) -> Sent:
        self._note("send" if text.message_id else "courtesy")
        return super().send(text, now)

    def find(self, to: str, since: datetime) -> list[Found]:
        self._note("find")
        return super().find(to, since)

    def look(self, sid: str) -> Found | None:
        self._note("look")
        return super().look(sid)

    def redact(self, sid: str, media: int = 0) -> None:
        self._note("redact")

    def time(self) -> datetime:
        """Its answers are dated."""
        self._note("time")
        return self.now


def test_nothing_is_open_while_a_provider_is_asked_whatever_it_is_asked(session: Session, client: FlaskClient) -> None:
    weekly(2)
    gateway, day = Watched(), timedelta(days=1)
    gateway.faults = ["broken-before"]
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(current_settings().instance, INVITED)
    session.commit()
    clock.tick(gateway, INVITED)
    with moved_clock(lambda: INVITED + minutes(2)):
        write_to_us(client, HERS, "STOP")
        write_to_us(client, NOBODYS, "STOP")
    clock.tick(gateway, INVITED + minutes(3))
    replies.redact(gateway, INVITED + minutes(4))
    sweeping.sweep(gateway, INVITED + day + minutes(30))
    WITNESS.disagrees(gateway, INVITED)
    open_then = {name: any(notes) for name, notes in gateway.open_at.items()}
    assert open_then == dict.fromkeys(("send", "courtesy", "find", "redact", "look", "time"), False)
