"""Signatures as receivers' libraries check them."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime

import pytest

from app.hooks.signing import headers, new_secret

AT = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)
SECRET, EVENT, BODY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """Secret, id, time, body and signature are those of the standard's reference libraries (version 1.0.0)."""
    assert headers(SECRET, EVENT, AT, BODY) == {
        "webhook-id": EVENT,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("secret", "event", "at", "body"),
    [
        (new_secret(), EVENT, AT, BODY),
        (SECRET, "msg_x", AT, BODY),
        (SECRET, EVENT, AT.replace(second=11), BODY),
        (SECRET, EVENT, AT, BODY + b" "),
    ],
    ids=["another secret", "another id", "another second", "another body"],
)
def test_whatever_is_changed_changes_the_signature(secret: str, event: str, at: datetime, body: bytes) -> None:
    ours = headers(SECRET, EVENT, AT, BODY)["webhook-signature"]
    assert headers(secret, event, at, body)["webhook-signature"] != ours


def test_a_secret_is_32_bytes_that_nobody_can_guess() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]+", first)
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    signed = hmac.new(base64.b64decode(first[6:]), b"a.1614265330.{}", hashlib.sha256).digest()
    assert headers(first, "a", AT, b"{}")["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"
