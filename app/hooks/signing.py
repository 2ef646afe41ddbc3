"""Signatures as Standard Webhooks (version 1.0.0, standardwebhooks.com) has them, so that libraries verify them.

Signed is `id.seconds.body` with HMAC-SHA256 and the hook's secret; the header holds `v1,` and the Base64 of it.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

KEY_PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as receivers' libraries take it."""
    return KEY_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secret: str, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """What goes along with a body that leaves now."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(KEY_PREFIX))
    signed = hmac.new(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return {"webhook-id": event_id, "webhook-timestamp": seconds, "webhook-signature": signature}
