"""A production environment that is whole."""

import pytest

from app.core.crypto import new_key

WHOLE = {
    "SVAR_ENV": "production",
    "SECRET_KEY": "a-secret-of-more-than-thirty-two-characters",
    "DATABASE_URL": "postgres://svar:secret@db.example/svar",
    "PUBLIC_BASE_URL": "https://svar.example.org/",
    "FIELD_KEYS": new_key(),
    "TWILIO_ACCOUNT_SID": "AC" + "12ab" * 8,
    "TWILIO_AUTH_TOKEN": "34cd" * 8,
    "TWILIO_MESSAGING_SERVICE": "MG" + "56ef" * 8,
    "SVAR_INSTANCE": "/var/lib/svar/instance",
    "SVAR_EXPORTS": "/var/lib/svar/exports",
}
OURS = (
    "SVAR_",
    "TWILIO_",
    "ELKS_",
    "SMS_",
    "DATABASE_",
    "SECRET_KEY",
    "PUBLIC_BASE_URL",
    "FIELD_KEYS",
    "TRUSTED_PROXIES",
    "DEAD_MAN",
    "PREPARED",
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A production environment that is whole, and nothing else of ours."""
    import os

    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
