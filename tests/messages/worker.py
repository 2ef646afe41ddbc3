"""A worker process of the kill test: delivers and reconciles until it is killed.

Its leases and waits are shortened, so that a test sees in seconds what takes minutes.
"""

import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import configure_mappers

from app.clock import reconcile
from app.config import Settings
from app.core import connecting, crypto
from app.core.crypto import Keyring
from app.core.database import db
from app.flask_config import flask_config
from app.messages.gateways.email import EmailGateway
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.receiving import reconciling
from app.messages.sending import claiming, delivery, settling

configure_mappers()  # once, before the fork


def settings(database: str, provider: str, keys: str) -> Settings:
    """Settings of a worker; everything it writes is in the database."""
    return Settings(
        production=False, secret_key="a-secret-of-the-tests-only-0123456789", database_url=database,
        owner_url=database, public_base_url="http://localhost", keyring=Keyring.parse(keys), instance=Path("/nowhere"),
        exports=Path("/nowhere"), twilio_account_sid="ACtests", twilio_auth_tokens=("token-of-the-tests",),
        twilio_sender="+4759440000", twilio_messaging_service="", twilio_base_url=provider, gateway="twilio",
        trusted_proxies=0, dead_man_url="", smtp_url=provider if provider.startswith("smtp:") else "",
    )  # fmt: skip


def gateway_of(chosen: Settings) -> Gateway:
    """E-mail where there is a mail server, else Twilio."""
    return EmailGateway(chosen) if chosen.smtp_url else TwilioGateway(chosen)


def work(
    database: str, provider: str, keys: str, start: datetime, began: float, lease: float, gives_up: float,
    begun: Connection,
) -> None:  # fmt: skip
    """Deliver and reconcile until the end, on a clock that stood at `start` when the machine's steady one (which all
    processes share, whatever the hour is thought to be) stood at `began`; times in seconds."""
    shorter = timedelta(seconds=lease)
    setattr(claiming, "LEASE", shorter)  # noqa: B010
    setattr(delivery, "LEASE", shorter)  # noqa: B010
    reconciling.LOOK_EVERY = settling.LOOK_FIRST = timedelta(seconds=0.5)
    reconciling.GIVE_UP_AFTER = timedelta(seconds=gives_up)
    chosen = settings(database, provider, keys)
    app = Flask("worker")  # what the clock needs of the service: a worker that starts in no time is killed more often
    app.config.from_mapping(flask_config(chosen))
    crypto.configure(chosen.keyring)
    db.init_app(app)
    with app.app_context():
        connecting.watch(db.engine)
        gateway = gateway_of(chosen)
        begun.send(True)
        while True:
            now = start + timedelta(seconds=time.monotonic() - began)
            delivery.deliver(gateway, now)
            reconcile(gateway, now)
            time.sleep(0.02)
