"""What Flask and its extensions are told of the settings."""

import os
from urllib.parse import urlsplit

from sqlalchemy import make_url

from app.config import Settings
from app.core.patience import DEAD_LINE, EACH_TRANSACTION, startup_options
from app.request_size import LARGEST_BODY


def _limited(settings: Settings) -> dict[str, object]:
    """The database's limits on every connection; through a pooler, which takes no options, on every transaction.

    Options that we give stand in place of libpq's own variable, so what the operator says there is handed on. How long
    a dead line is waited for is his too, where his address says it.
    """
    said = make_url(settings.database_url).query
    line = {name: limit for name, limit in DEAD_LINE.items() if name not in said}
    if not settings.prepared_statements:
        return {"connect_args": {"prepare_threshold": None, **line}, "execution_options": {EACH_TRANSACTION: True}}
    given = said.get("options") or os.environ.get("PGOPTIONS", "")
    options = startup_options(given if isinstance(given, str) else " ".join(given))
    return {"connect_args": {"options": options, **line}}


def flask_config(settings: Settings) -> dict[str, object]:
    """Flask's and the extensions' configuration."""
    secure = settings.public_base_url.startswith("https")
    return {
        "SECRET_KEY": settings.secret_key,
        # the sign-in library signs with the last of them, Flask by itself: both with SECRET_KEY, wherever it stands
        "SECRET_KEY_FALLBACKS": settings.signing_secrets,
        "WTF_CSRF_SECRET_KEY": settings.signing_secrets,
        "SQLALCHEMY_ENGINES": {
            "default": {
                "url": settings.database_url,
                "pool_pre_ping": settings.production,
                "pool_size": settings.pool_kept,
                "max_overflow": settings.pool_extra,
                "pool_use_lifo": True,  # whoever comes next finds prepared what was asked before
                "hide_parameters": True,
                "pool_timeout": 10,
                **_limited(settings),
            }
        },
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_PARTS": 1000,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "__Host-svar" if secure else "svar",
        "TRUSTED_HOSTS": [urlsplit(settings.public_base_url).hostname, "localhost", "127.0.0.1"],
    }
