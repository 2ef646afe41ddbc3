"""The service as the world sees it: its public address is asked, and tells what its proxies made of the request."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from app.cli.certificate_check import running_out, why_refused
from app.config import Settings
from app.core.bounded_http import HttpAnswer, bounded_session, exchange
from app.core.time import now

FORGED = "203.0.113.77"
"""An address of nobody (RFC 5737), which no proxy may take from a stranger."""


def looked_at_from_outside(settings: Settings) -> Iterator[str]:
    """What is wrong with the public address: who answers, by which proxies, and whether webhooks come through."""
    base = settings.public_base_url
    hook = f"{base}/webhooks/{settings.gateway if settings.texts_are_real else 'twilio'}/inbound"
    key = {"Authorization": f"Bearer {settings.keyring.password_of_checks()}"}
    try:
        with bounded_session(1) as session:
            plain = exchange(session, "GET", f"{base}/health/seen", headers=key)
            forged = exchange(session, "GET", f"{base}/health/seen", headers=key | {"X-Forwarded-For": FORGED})
            webhook = exchange(session, "POST", hook, data={"From": "nobody"})
    except requests.exceptions.SSLError as error:
        yield (
            f"{base} shows a certificate that is refused ({why_refused(error)}): renew it, or let the proxy take up the"
            " renewed one (docs/operations.md, 5)."
        )
        return
    except requests.RequestException as error:
        yield f"{base} does not answer ({type(error).__name__}): name, certificate, proxy and firewall, in this order."
        return
    yield from running_out(base, now())
    if plain.status != 200:
        yield f"{base} answers {plain.status}, and not as this installation: a proxy of another service, or other keys."
        return
    yield from complaints(_read(plain), _read(forged), base, settings.trusted_proxies)
    if webhook.status != 403:
        yield f"Webhooks do not reach us: {hook} answers {webhook.status}, and not 403."


def _read(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        read: Any = json.loads(answer.text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def complaints(plain: Mapping[str, Any], forged: Mapping[str, Any], base: str, trusted_proxies: int) -> Iterator[str]:
    """What is wrong with what was seen of a plain request, and of one with an address that was made up."""
    proxies = plain.get("proxies", 0)
    if proxies != trusted_proxies:
        yield f"TRUSTED_PROXIES is {trusted_proxies}, and {proxies} wrote into X-Forwarded-For: say {proxies}."
    elif forged.get("address") == FORGED:
        yield "Anybody can write her own address: let the first proxy replace X-Forwarded-For, not hand it on."
    scheme, host = urlsplit(base).scheme, urlsplit(base).netloc
    if proxies == trusted_proxies and plain.get("scheme") != scheme:
        yield f"Requests seem to come by {plain.get('scheme')}: let the proxy set X-Forwarded-Proto to {scheme}."
    if proxies == trusted_proxies and plain.get("host") != host:
        yield f"Requests seem to be for {plain.get('host')}: let the proxy set X-Forwarded-Host to {host}."
