"""The settings that tests run with: everything made up, the sandbox gateway, folders of their own."""

import base64
from pathlib import Path

from app import config
from app.core import embedded
from app.core.crypto import Keyring

KEY = "1:" + base64.b64encode(bytes(range(32))).decode()
"""Always the same, so that a link of one run is a link of the next."""


def settings_of(server: embedded.Embedded, database: str, folder: Path) -> config.Settings:
    """Settings on `database`, with a key of the tests, that write into `folder` alone."""
    return config.Settings(
        production=False,
        secret_key="a-secret-of-the-tests-only-0123456789",
        database_url=server.url("svar_app", database),
        owner_url=server.url("svar_owner", database),
        public_base_url="http://localhost",
        keyring=Keyring.parse(KEY),
        instance=folder / "instance",
        exports=folder / "exports",
        twilio_account_sid="ACtests",
        twilio_auth_tokens=("token-of-the-tests",),
        twilio_sender="+4759440000",
        twilio_messaging_service="",
        twilio_base_url="",
        gateway="sandbox",
        trusted_proxies=0,
        dead_man_url="",
    )
