"""A patient's telephone, and protocols that let her answer by it."""

from datetime import timedelta

from flask.testing import FlaskClient

from app.clock import tick
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.participants.models import Participant
from tests.fake_twilio.callbacks import write_to_us
from tests.messages.people import INVITED, PROTOCOL, minutes

SENT = INVITED + timedelta(days=14)
OFF = PROTOCOL.read_text("utf-8")
BY_SMS = OFF.replace("  allowed: false", "  allowed: true")
TOGETHER = BY_SMS.replace("  form: one_by_one", "  form: together")


class Phone:
    """A patient's telephone: writes to us, and the clock ticks a moment later."""

    def __init__(self, client: FlaskClient, gateway: SandboxGateway, participant: Participant) -> None:
        self.client, self.gateway, self.participant = client, gateway, participant
        self.now = SENT

    def wait(self, count: float = 5) -> None:
        self.now += minutes(count)
        tick(self.gateway, self.now)

    def write(self, words: str, sid: str | None = None, sender: str = "+4740000001", **more: str) -> int:
        self.now += minutes(1)
        with moved_clock(lambda: self.now):
            status = write_to_us(self.client, sender, words, sid, **more)
        tick(self.gateway, self.now)
        return status

    @property
    def last(self) -> str:
        return texts_of(self.participant)[0].body
