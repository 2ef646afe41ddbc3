"""Settings as somebody typed them: a name that is nearly one of ours, a value in quotation marks, a folder in another.

What is misspelt would not be missed: without DEAD_MAN_URL nobody is told, without SVAR_EXPORTS exports lie elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePath

OUR_SETTINGS = frozenset({
    "SVAR_ENV", "SVAR_INSTANCE", "SVAR_EXPORTS", "SVAR_AFTER_EXPORT", "SVAR_WEBHOOK_NETWORKS", "SVAR_PLANS",
    "SVAR_TEST_INSTALLATION", "SVAR_AS", "SVAR_COMMIT", "SVAR_DATABASE", "SVAR_EXPORT_FOLDER", "SVAR_GATEWAY",
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PREPARED",
    "DATABASE_POOL", "DATABASE_POOL_EXTRA", "PUBLIC_BASE_URL", "FIELD_KEYS", "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_SECONDARY", "TWILIO_MESSAGING_SERVICE", "TWILIO_SENDER",
    "TWILIO_BASE_URL", "TWILIO_THREADS", "TWILIO_CONTENT_RETENTION", "SMS_PROVIDER", "ELKS_USERNAME",
    "ELKS_PASSWORD", "ELKS_SENDER", "ELKS_WEBHOOK_SECRET", "ELKS_BASE_URL", "TRUSTED_PROXIES",
    "EXPORT_SIGNING_KEYS", "STAFF_NUMBERS", "MONITOR_TOKEN", "LOG_FORMAT", "ALERT_WEBHOOK", "ALERT_EMAIL",
    "ALERT_FROM", "SMTP_URL", "MAIL_FROM", "MAIL_WEBHOOK_SECRET", "MAILBOX_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET", "OIDC_NAME", "OIDC_ACR", "DEAD_MAN_URL", "WEB_BIND", "WEB_WORKERS", "WEB_THREADS",
    "WEB_CONNECTIONS", "PREPARED_STATEMENTS",
})  # fmt: skip
"""Every name that we read or give, and one that was called otherwise before."""
OURS_ALONE = "SVAR_"
NEARLY, SHORTEST_NAME = 0.92, 8
QUOTED = re.compile(r"""(["']).*\1|[“”„«»‘’].*[“”«»‘’]""", re.DOTALL)
COMMENT = re.compile(r"\s#")
LIST = re.compile(r"\s*,\s*")
FREELY_WRITTEN = frozenset({"SVAR_AFTER_EXPORT", "OIDC_NAME"})
"""Of these a # after a space may be meant: a command, and words that staff read."""


def complaints(environment: Mapping[str, str]) -> Iterator[str]:
    """What was hardly meant as it was typed; no value is repeated."""
    yield from _misspelt(environment)
    for name in sorted(OUR_SETTINGS & environment.keys()):
        if QUOTED.fullmatch(environment[name]):
            yield f"{name} stands in quotation marks, which some readers take for a part of it: write NAME=value"
        if name not in FREELY_WRITTEN:
            yield from _smuggled(name, LIST.sub(",", environment[name]))
    instance, exports = (PurePath(environment.get(name, "")) for name in ("SVAR_INSTANCE", "SVAR_EXPORTS"))
    if PurePath() not in (instance, exports) and (
        exports in (instance, *instance.parents) or instance in exports.parents
    ):
        yield (
            "SVAR_INSTANCE and SVAR_EXPORTS lie one in the other: exports are shared by all machines, and what a clock"
            " remembers is each one's own. Write two folders"
        )


def _smuggled(name: str, value: str) -> Iterator[str]:
    """What came into a value beside it: by copying, or from a file whose reader knows no comments."""
    if COMMENT.search(value):
        yield f"{name} has a comment behind it, which is read as a part of it: give that a line of its own"
    elif not value.isprintable():
        yield f"{name} holds a sign that cannot be seen, or a new line: type it anew"


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environment.keys() - OUR_SETTINGS):
        if len(name) < SHORTEST_NAME or not environment[name]:
            continue
        (nearest, *_) = [*get_close_matches(name, sorted(OUR_SETTINGS), 1, NEARLY), ""]
        if nearest:
            yield f"{name} is no setting of Svar: write {nearest}, or leave it out"
        elif name.startswith(OURS_ALONE):
            yield f"{name} is no setting of Svar: docs/operations.md has their names. Leave it out"
