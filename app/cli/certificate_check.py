"""The certificate that the public address shows, and for how long yet browsers take it."""

import re
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from app.core.crypto import life_of_certificate

CONNECT_SECONDS = 5.0
LEAST_LEFT, LEAST_SHARE = timedelta(days=14), 1 / 4
"""Who renews by herself does it with a third of its life left (certbot, Caddy): less was a renewal that failed."""

WHY_REFUSED = re.compile(r"certificate verify failed: ([^(']+)")


def running_out(base: str, now: datetime) -> Iterator[str]:
    """That the certificate ends soon, where it can be seen; who gave it is asked elsewhere."""
    shown = certificate_shown(base)
    if shown is None:
        return
    begins, ends = life_of_certificate(shown)
    if ends_soon(begins, ends, now):
        yield (
            f"The certificate of {base} ends on {ends:%Y-%m-%d at %H:%M} UTC, and no link opens"
            " after it: renew it, and let the proxy take it up (docs/operations.md, 5)."
        )


def ends_soon(begins: datetime, ends: datetime, now: datetime) -> bool:
    """Whether less is left than a renewal that works ever leaves."""
    return ends - now < min(LEAST_LEFT, (ends - begins) * LEAST_SHARE)


def certificate_shown(base: str) -> bytes | None:
    """What whoever opens the address is shown, good or not; None without TLS, or where nobody answers from here."""
    address = urlsplit(base)
    if address.scheme != "https" or address.hostname is None:
        return None
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address.hostname, address.port or 443), timeout=CONNECT_SECONDS) as line,
            anyone.wrap_socket(line, server_hostname=address.hostname) as secure,
        ):
            return secure.getpeercert(binary_form=True)
    except OSError:
        return None


def why_refused(error: requests.exceptions.SSLError) -> str:
    """Why browsers would refuse it too, in OpenSSL's words."""
    why = WHY_REFUSED.search(str(error))
    return why[1].strip() if why else "TLS failed"
