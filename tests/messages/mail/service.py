"""The service as a test of both channels drives it: the clock ticks, mails come back, people press buttons."""

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

from flask import Flask

from app.clock import tick
from app.core.time import moved_clock
from app.messages.gateways.twilio import TwilioGateway
from tests.factories import visitor
from tests.fake_twilio.server import Server
from tests.messages.gateways.conformance.carriers import MAIL_SECRET, OnMail, shown
from tests.messages.mail.returns import delivery_report, head_of_mail
from tests.messages.people import INVITED, minutes


class Service:
    """What leaves by either channel, and what comes back."""

    def __init__(self, app: Flask, provider: Server, mails: OnMail) -> None:
        self.app, self.provider, self.mails, self.now = app, provider, mails, INVITED
        settings = replace(mails.made, gateway="twilio", twilio_base_url=provider.address)
        self.twilio = TwilioGateway(settings)
        provider.twilio.now = lambda: self.now

    def tick(self, after: float = 0) -> None:
        """The clock runs, so many minutes later."""
        self.now += minutes(after)
        tick(self.twilio, self.now)

    def at(self, now: datetime) -> None:
        """The clock runs then."""
        self.now = now
        tick(self.twilio, now)

    @property
    def mailed(self) -> list[EmailMessage]:
        """The mails that arrived."""
        return self.mails.server.smtp.took

    @property
    def texted(self) -> list[str]:
        """The words of the texts that rang."""
        return [text.body for text in self.provider.twilio.log]

    def comes_back(self, mail: EmailMessage, status: str = "5.1.1", action: str = "failed") -> int:
        """A mail server says what became of it."""
        return self.hand_in(delivery_report(head_of_mail(mail), action, status))

    def hand_in(self, raw: bytes, secret: str = MAIL_SECRET) -> int:
        """Whoever has the mailbox hands a mail on."""
        headers = shown(secret, "mail") | {"Content-Type": "message/rfc822"}
        with moved_clock(lambda: self.now):
            return visitor(self.app).post("/webhooks/mail/returned", data=raw, headers=headers).status_code

    def press(self, address: str, **form: str) -> tuple[int, str]:
        """What a POST to an address of a mail answers."""
        with moved_clock(lambda: self.now):
            answer = visitor(self.app).post(address.removeprefix("http://localhost"), data=form)
        return answer.status_code, answer.text
