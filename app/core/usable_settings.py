"""Settings that are no settings: what nobody can use, and what no patient may depend on. Each with its sentence.

A sentence never repeats the value: most of them are secrets, and a refusal stands in logs.
"""

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from urllib.parse import SplitResult, urlsplit

from app.core.crypto import Keyring, SigningKeys
from app.core.networks import are_networks, may_be_a_hospitals, networks_or_none

SHORTEST_SECRET, SHORTEST_TOKEN, FEWEST_SIGNS, FEWEST_BYTES = 32, 16, 8, 16
SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
HOST_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"({HOST_LABEL}\.)*{HOST_LABEL}", re.IGNORECASE)
NUMERIC = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
"""A host that browsers take for a number of the network, since its last part is one."""
NEAR_NAMES = (
    *(".localhost", ".localdomain", ".local", ".lan", ".home", ".home.arpa"),
    *(".internal", ".intranet", ".private", ".corp", ".test", ".invalid"),
)
"""What names end in that no server of the open internet knows: reserved, or given out inside alone."""
PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SHORT_NUMBER = re.compile(r"[0-9]{3,8}")
UNRESERVED = re.compile(r"[A-Za-z0-9_-]+")
STAND_IN_OF = {"twilio": "TWILIO_BASE_URL", "46elks": "ELKS_BASE_URL"}
"""By provider of texts: the setting that names a stand-in for it."""
STAND_INS = {"TWILIO_BASE_URL": ("Twilio", "twilio.com"), "ELKS_BASE_URL": ("46elks", "46elks.com")}
MARKED = "yes"
"""What `SVAR_TEST_INSTALLATION` says of an installation that texts nobody: its provider is a stand-in."""

Environment = Mapping[str, str]


def is_weak(secret: str) -> bool:
    """Whether it is one sign, a few, or a word over and over: long, and guessed all the same."""
    return len(set(secret)) < FEWEST_SIGNS or secret in (secret + secret)[1:-1]


def unsafe(environment: Environment) -> Iterator[str]:
    """What production does not start with."""
    yield from _unsafe_secrets(environment)
    yield from _unsafe_addresses(environment)
    yield from _unsafe_provider(environment)
    if not all(map(may_be_a_hospitals, networks_or_none(environment.get("SVAR_WEBHOOK_NETWORKS", "")))):
        yield (
            "SVAR_WEBHOOK_NETWORKS names this machine, its own line, or half the world: a webhook would reach what is"
            " meant for nobody else. Write the private networks of your receivers alone, such as 10.20.0.0/16"
        )
    for name in ("SVAR_INSTANCE", "SVAR_EXPORTS", "SVAR_PLANS"):
        if environment.get(name) and not PurePath(environment[name]).is_absolute():
            yield f"{name} is not a whole path such as /var/lib/svar: it would depend on where a command is given"


def inside(program: Path, folders: Environment) -> Iterator[str]:
    """The folders, by setting, that are the program's own or in it: `make clean` and another version delete those."""
    for name, given in folders.items():
        folder = Path(given)
        if folder.is_absolute() and folder.resolve().is_relative_to(program.resolve()):
            yield f"{name} is in the program's own folder, which is deleted with it. Write one such as /var/lib/svar"


def _unsafe_secrets(environment: Environment) -> Iterator[str]:
    secret = environment.get("SECRET_KEY", "")
    if 0 < len(secret) < SHORTEST_SECRET:
        yield "SECRET_KEY is shorter than 32 characters. flask ops new-keys makes one"
    elif secret and is_weak(secret):
        yield "SECRET_KEY is a few signs over and over, which is guessed. flask ops new-keys makes one"
    fallbacks = secrets_of(environment.get("SECRET_KEY_FALLBACKS", ""))
    if any(len(fallback) < SHORTEST_SECRET for fallback in fallbacks):
        yield "SECRET_KEY_FALLBACKS holds a secret shorter than 32 characters"
    elif any(map(is_weak, fallbacks)):
        yield "SECRET_KEY_FALLBACKS holds a secret of a few signs over and over, which is guessed"
    for key_id, key in _keys(environment.get("FIELD_KEYS", "")):
        if len(set(key)) < FEWEST_BYTES:
            yield f"FIELD_KEYS: key {key_id} is zeros or a pattern, not 32 random bytes. flask ops new-keys makes one"
    keys = [key for _, key in _keys(environment.get("FIELD_KEYS", ""))]
    if len(set(keys)) < len(keys):
        yield "FIELD_KEYS: two ids have the same key; a new key is made anew. flask ops new-keys makes one"
    token = environment.get("MONITOR_TOKEN", "")
    if token and (len(token) < SHORTEST_TOKEN or is_weak(token)):
        yield "MONITOR_TOKEN is shorter than 16 characters, or a few signs over and over"


def _keys(given: str) -> tuple[tuple[int, bytes], ...]:
    try:
        return Keyring.parse(given).keys
    except ValueError:
        return ()


def _unsafe_addresses(environment: Environment) -> Iterator[str]:
    owner, role = (_role(environment.get(name, "")) for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
    if owner and owner == role:
        yield "DATABASE_OWNER_URL names the role of DATABASE_URL: whoever owns the audit trail can change it"
    base = environment.get("PUBLIC_BASE_URL", "")
    if base.startswith("http://"):
        yield "PUBLIC_BASE_URL is not an https address"
    parts = address_parts(base)
    if parts and parts.path.strip("/"):
        yield "PUBLIC_BASE_URL has a path: Svar answers at the root of a name of its own, and at no place below it"
    host = _host(base)
    if host and _is_near(host) and environment.get("SVAR_TEST_INSTALLATION") != MARKED:
        yield "PUBLIC_BASE_URL is an address of this machine or network alone: no patient's telephone opens it"


def _is_near(host: str) -> bool:
    """Whether it is this machine, a number of the own network, or a name that only that knows."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(NEAR_NAMES)
    return not address.is_global


def _unsafe_provider(environment: Environment) -> Iterator[str]:
    marked = environment.get("SVAR_TEST_INSTALLATION", "") == MARKED
    for name, (provider, host) in STAND_INS.items():
        if environment.get(name) and not marked:
            yield f"{name} is for tests only: a test installation says SVAR_TEST_INSTALLATION=yes"
        if f".{_host(environment.get(name, ''))}".rstrip(".").endswith(f".{host}"):
            yield f"{name} is {provider} itself, and no stand-in: texts would ring on telephones. Leave it out"
    stand_in = STAND_IN_OF.get(environment.get("SMS_PROVIDER") or "twilio")
    if marked and stand_in and not environment.get(stand_in):
        yield f"SVAR_TEST_INSTALLATION is yes and {stand_in} names no stand-in: texts would ring on telephones"
    if (environment.get("SVAR_GATEWAY") or "twilio") != "twilio":
        yield "SVAR_GATEWAY is for development only"
    for name in ("ELKS_WEBHOOK_SECRET", "MAIL_WEBHOOK_SECRET"):
        secret = environment.get(name, "")
        if secret and (len(secret) < SHORTEST_TOKEN or is_weak(secret) or not UNRESERVED.fullmatch(secret)):
            yield f"{name} is not 16 letters, digits, - or _ at least: it stands in an address"
    identifiers = {"TWILIO_ACCOUNT_SID": "AC", "TWILIO_MESSAGING_SERVICE": "MG"}
    for name, prefix in identifiers.items():
        given = environment.get(name, "")
        if given and not re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", given):
            yield f"{name} is not {prefix} and 32 digits or letters a to f, as Twilio's console shows it"
    for name in ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_SECONDARY"):
        if environment.get(name) and not re.fullmatch(r"[0-9a-f]{32}", environment[name]):
            yield f"{name} is not 32 digits or letters a to f, as Twilio's console shows it"


def malformed(environment: Environment) -> Iterator[str]:
    """What can be used nowhere, in development neither."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if environment.get(name):
            yield from (f"{name} {wrong}" for wrong in _wrong_database(environment[name]))
    for name, (accepts, sentence) in SETTING_SHAPES.items():
        if environment.get(name) and not accepts(environment[name]):
            yield f"{name} {sentence}"
    if environment.get("FIELD_KEYS"):
        try:
            Keyring.parse(environment["FIELD_KEYS"])
        except ValueError as error:
            yield f"FIELD_KEYS: {error}"
    if environment.get("EXPORT_SIGNING_KEYS"):
        try:
            SigningKeys.parse(environment["EXPORT_SIGNING_KEYS"])
        except ValueError as error:
            yield f"EXPORT_SIGNING_KEYS: {error}"


def _wrong_database(given: str) -> Iterator[str]:
    parts = address_parts(given)
    if parts is None or parts.scheme not in SCHEMES:
        yield "is not a PostgreSQL address such as postgresql://svar_app:PASSWORD@127.0.0.1/svar"
    elif not parts.path.strip("/"):
        yield "names no database: write its name after the last slash, postgresql://.../svar"
    elif not parts.username:
        yield "names no role: write postgresql://ROLE:PASSWORD@..."


def address_parts(given: str) -> SplitResult | None:
    """The parts of an address; none where its port is none, or its brackets are not closed."""
    try:
        parts = urlsplit(given)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _host(given: str) -> str:
    parts = address_parts(given)
    return (parts.hostname or "") if parts else ""


def _role(given: str) -> str:
    parts = address_parts(given)
    return (parts.username or "") if parts else ""


def is_web_address(given: str) -> bool:
    """Whether a browser would find a server by it: a name or number that can be one, no password, no query."""
    parts = address_parts(given)
    if parts is None or parts.username is not None or not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", given):
        return False
    host = parts.hostname or ""
    if ":" in host or NUMERIC.fullmatch(host):
        return _is_numeric_address(host)
    return len(host) <= 253 and bool(HOST.fullmatch(host))


def _is_numeric_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_number(given: str) -> bool:
    """Whether it is a telephone number as Twilio takes it: + and the country, or a short number."""
    return bool(PHONE_NUMBER.fullmatch(given.replace(" ", "")) or SHORT_NUMBER.fullmatch(given))


def secrets_of(given: str) -> tuple[str, ...]:
    """The secrets of a list with commas."""
    return tuple(secret for part in given.split(",") if (secret := part.strip()))


def numbers(given: str) -> frozenset[str]:
    """The telephone numbers of a list with commas."""
    return frozenset(number for part in given.split(",") if (number := part.replace(" ", "")))


def _between(least: int, most: int) -> Callable[[str], bool]:
    return lambda given: given.isdecimal() and given.isascii() and least <= int(given) <= most


def is_command(given: str) -> bool:
    """Whether a shell would take it for words."""
    try:
        return bool(shlex.split(given))
    except ValueError:
        return False


Shapes = dict[str, tuple[Callable[[str], bool], str]]
SERVED: Shapes = {
    "PORT": (_between(1, 65535), "is not a number from 1 to 65535"),
    "WEB_WORKERS": (_between(1, 64), "is not a number from 1 to 64"),
    "WEB_THREADS": (_between(1, 64), "is not a number from 1 to 64"),
    "WEB_CONNECTIONS": (_between(10, 100_000), "is not a number from 10 to 100000"),
}
"""What gunicorn is told, before there is an application."""
SETTING_SHAPES: Shapes = {
    "PUBLIC_BASE_URL": (is_web_address, "is not a web address such as https://svar.example.org"),
    "DEAD_MAN_URL": (is_web_address, "is not a web address such as https://hc.example.org/ping/1"),
    "TWILIO_BASE_URL": (is_web_address, "is not a web address such as http://127.0.0.1:8099"),
    "TWILIO_SENDER": (
        is_number,
        "is no telephone number: write + and the country, +4759440000. A name cannot take a patient's STOP",
    ),
    "SMS_PROVIDER": (STAND_IN_OF.__contains__, "is neither twilio nor 46elks"),
    "ELKS_BASE_URL": (is_web_address, "is not a web address such as http://127.0.0.1:8098"),
    "ELKS_SENDER": (is_number, "is no telephone number: write + and the country. A name cannot take a patient's STOP"),
    "STAFF_NUMBERS": (
        lambda given: all(map(PHONE_NUMBER.fullmatch, numbers(given))),
        "holds what is no number: write +4740000001,+4740000002",
    ),
    "TRUSTED_PROXIES": (_between(0, 9), "is not a whole number from 0 to 9"),
    "TWILIO_THREADS": (_between(1, 64), "is not a number from 1 to 64"),
    "TWILIO_CONTENT_RETENTION": (("retain", "discard").__contains__, "is neither retain nor discard"),
    "DATABASE_PREPARED": (("on", "off").__contains__, "is neither on nor off"),
    "PREPARED_STATEMENTS": (().__contains__, "is called DATABASE_PREPARED"),
    "DATABASE_POOL": (_between(1, 200), "is not a number from 1 to 200"),
    "DATABASE_POOL_EXTRA": (_between(0, 200), "is not a number from 0 to 200"),
    "SVAR_WEBHOOK_NETWORKS": (are_networks, "holds what is no network: write 10.20.0.0/16,fd00:1::/32"),
    "SVAR_AFTER_EXPORT": (is_command, "has a quotation mark that is not closed"),
    **SERVED,
    "LOG_FORMAT": (("text", "json").__contains__, "is neither text nor json"),
    "SVAR_TEST_INSTALLATION": (MARKED.__eq__, "is for a test installation, which says yes"),
}
"""By setting: what it must be, and what is said if it is not."""
