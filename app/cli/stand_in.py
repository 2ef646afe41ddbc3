"""`flask ops stand-in`: a provider that takes every text and rings nowhere, for test installations."""

import socket
from urllib.parse import urlsplit

import click

from app.cli.ops import group
from app.config import Settings, current_settings
from app.core.problems import Conflict, Unavailable
from app.core.time import now

__all__ = ["group"]
THREADS = 8


@group.command("stand-in")
def stand_in() -> None:
    """Take the texts of this test installation at TWILIO_BASE_URL, until Ctrl-C; people see them at /telephones."""
    settings = current_settings()
    door, address = opened(*place(settings)), settings.twilio_base_url.rstrip("/")
    from waitress import serve

    from app.rehearsal.stand_in.provider import StandIn

    click.echo(f"The stand-in takes texts at {address}, and rings nowhere.")
    click.echo(f"Telephones: {address}/telephones/ (user TWILIO_ACCOUNT_SID, password TWILIO_AUTH_TOKEN)")
    serve(StandIn(settings, now), sockets=[door], threads=THREADS, ident=None, _quiet=True)


def place(settings: Settings) -> tuple[str, int]:
    """Where it listens; Conflict where a stand-in has no business."""
    if settings.production and not settings.test_installation:
        raise Conflict("This is a production, whose texts go to people: a stand-in is for SVAR_TEST_INSTALLATION=yes.")
    parts = urlsplit(settings.twilio_base_url)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise Conflict("Say in TWILIO_BASE_URL where the stand-in listens, for example http://127.0.0.1:8099.")
    return parts.hostname, parts.port or 80


def opened(host: str, port: int) -> socket.socket:
    """The door at this place; Unavailable where another has it, or it is no place of this machine."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Unavailable(f"TWILIO_BASE_URL is {host}:{port}, where we cannot listen: {error.strerror}.") from None
