"""What each gateway is put behind, so that one suite asks all of them: a stand-in of its provider, and its faults."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Protocol

from tests.fake_elks import server as fake_elks
from tests.fake_smtp.server import SmtpServer
from tests.fake_twilio import server as fake_twilio
from tests.messages.mail.returns import delivery_report, head_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from app.config import Settings
    from app.messages.gateways.gateway import Gateway, Outgoing

NUMBER, ADDRESS = "+4740000001", "kari@example.org"
MAIL_SECRET = "secret_of_the_mailbox"


class Carrier(Protocol):
    """A gateway with its stand-in. `faults` says by which script each kind of fault is played."""

    faults: Mapping[str, str]
    gateway: Gateway
    made: Settings

    def script(self, fault: str) -> None:
        """What the provider does with the next text."""
        ...

    def stand_at(self, now: datetime) -> None:
        """The provider's clock shows this."""
        ...

    def rang(self) -> list[tuple[str, str]]:
        """The texts that rang, by number and words, in their order."""
        ...

    def report(self, client: FlaskClient, text: Outgoing, sid: str, status: str, proof: bool = True) -> int:
        """The provider reports; without `proof` somebody else does."""
        ...

    def close(self) -> None:
        """End the stand-in."""
        ...


@dataclass
class OnTwilio:
    """Twilio's own client, against a fake Twilio."""

    settings: Settings

    faults = {  # noqa: RUF012
        "busy": "busy:7",
        "refused": "status:400:21211",
        "barred": "status:401:20003",
        "halted": "status:400:21606",
        "broken before": "broken-before",
        "broken after": "broken-after",
        "dropped after": "drop-after",
        "nonsense": "not-json:201",
        "no id": "no-sid",
    }

    def __post_init__(self) -> None:
        from app.messages.gateways.twilio import TwilioGateway

        self.server = fake_twilio.Server()
        self.made = replace(self.settings, gateway="twilio", twilio_base_url=self.server.address)
        self.gateway = TwilioGateway(self.made)

    def script(self, fault: str) -> None:
        self.server.twilio.script.append(self.faults[fault])

    def stand_at(self, now: datetime) -> None:
        self.server.twilio.now = lambda: now

    def rang(self) -> list[tuple[str, str]]:
        return [(text.to, text.body) for text in self.server.twilio.log]

    def report(self, client: FlaskClient, text: Outgoing, sid: str, status: str, proof: bool = True) -> int:
        from app.messages.gateways.gateway import status_callback
        from app.messages.gateways.twilio import sign

        address = status_callback(self.gateway.base, text)
        form = {"MessageSid": sid, "MessageStatus": status}
        token = fake_twilio.TOKEN if proof else "another"
        return post(client, address, form, {"X-Twilio-Signature": sign(address, form, token)})

    def close(self) -> None:
        self.server.close()


@dataclass
class OnElks:
    """46elks, against a fake one."""

    settings: Settings

    faults = {  # noqa: RUF012
        "busy": "status:429:7",
        "barred": "status:401",
        "halted": "status:400",
        "broken before": "status:500",
        "broken after": "broken-after",
        "dropped after": "drop-after",
        "nonsense": "odd:<html>",
        "no id": 'odd:{"id": null}',
    }

    def __post_init__(self) -> None:
        from app.messages.gateways.elks import ElksGateway

        self.server = fake_elks.ElksServer()
        self.made = elks_settings(self.settings, self.server.address)
        self.gateway = ElksGateway(self.made)

    def script(self, fault: str) -> None:
        self.server.elks.script.append(self.faults[fault])

    def stand_at(self, now: datetime) -> None:
        self.server.elks.now = lambda: now

    def rang(self) -> list[tuple[str, str]]:
        return [(text.number, text.body) for text in self.server.elks.log]

    def report(self, client: FlaskClient, text: Outgoing, sid: str, status: str, proof: bool = True) -> int:
        from app.messages.gateways.gateway import status_callback

        secret = fake_elks.SECRET if proof else "another"
        address = status_callback(self.gateway.base, text, "46elks")
        return post(client, address, {"id": sid, "status": status}, shown(secret))

    def close(self) -> None:
        self.server.close()


@dataclass
class OnMail:
    """E-mail, against a fake mail server."""

    settings: Settings

    faults = {  # noqa: RUF012
        "busy": "rcpt:451 4.7.1 come back later",
        "refused": "rcpt:550 5.1.1 no such user",
        "barred": "mail:530 5.7.0 who are you",
        "halted": "rcpt:550 5.7.1 not from you",
        "broken before": "words:drop-before",
        "broken after": "words:drop-after",
        "nonsense": "words:well",
    }

    def __post_init__(self) -> None:
        from app.messages.gateways.email import EmailGateway

        self.server = SmtpServer()
        self.made = mail_settings(self.settings, self.server.address)
        self.gateway = EmailGateway(self.made)

    def script(self, fault: str) -> None:
        self.server.smtp.script.append(self.faults[fault])

    def stand_at(self, now: datetime) -> None:
        """It dates nothing that is asked for."""

    def rang(self) -> list[tuple[str, str]]:
        took = self.server.smtp.took
        return [(mail["To"], words_of(mail).partition("\n\n-- \n")[0]) for mail in took]

    def report(self, client: FlaskClient, text: Outgoing, sid: str, status: str, proof: bool = True) -> int:
        headers = shown(MAIL_SECRET if proof else "another", "mail") | {"Content-Type": "message/rfc822"}
        with client.application.app_context():
            report = delivery_report(head_of(text), "relayed" if status == "sent" else status)
            return client.post("/webhooks/mail/returned", data=report, headers=headers).status_code

    def close(self) -> None:
        self.server.close()


@dataclass
class OnSandbox:
    """The sandbox, which has no faults, and reports as Twilio does."""

    settings: Settings

    faults: Any = None

    def __post_init__(self) -> None:
        from app.messages.gateways.sandbox import SandboxGateway

        self.made, self.faults, self.gateway = self.settings, {}, SandboxGateway(self.settings)
        self.report = OnTwilio.report.__get__(self)

    def stand_at(self, now: datetime) -> None:
        """It has no clock of its own."""

    def rang(self) -> list[tuple[str, str]]:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        return [(NUMBER, text.body) for text in reversed(self.gateway.find(NUMBER, since))]

    def close(self) -> None:
        """Nothing runs."""


CARRIERS: Mapping[str, Any] = {"twilio": OnTwilio, "46elks": OnElks, "email": OnMail, "sandbox": OnSandbox}
"""Every gateway of the service: a new one is named here, and is asked all that the others are."""


def elks_settings(settings: Settings, address: str) -> Settings:
    """Settings of an installation that sends through the fake 46elks."""
    from app.config import ElksSettings

    made = ElksSettings(fake_elks.USERNAME, fake_elks.PASSWORD, fake_elks.SENDER, fake_elks.SECRET, address)
    return replace(settings, gateway="46elks", elks=made)


def words_of(mail: EmailMessage) -> str:
    """The plain words of a mail."""
    plain = mail.get_body(("plain",))
    return plain.get_content().replace("\r\n", "\n") if plain is not None else ""


def mail_settings(settings: Settings, address: str) -> Settings:
    """Settings of an installation that sends e-mails through the fake mail server."""
    from app.config import MailSettings

    return replace(settings, smtp_url=address, mail=MailSettings("svar@hospital.example", MAIL_SECRET))


def shown(secret: str, user: str = "46elks") -> dict[str, str]:
    """How whoever was given the secret of an address shows it."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def post(client: FlaskClient, address: str, form: dict[str, str], headers: dict[str, str]) -> int:
    with client.application.app_context():
        return client.post(address.removeprefix("http://localhost"), data=form, headers=headers).status_code
