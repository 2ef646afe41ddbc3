"""Settings that are no settings are refused, each with a sentence that names it and not its value."""

import base64
from pathlib import Path

import pytest

from app.core.usable_settings import inside, is_weak, malformed, unsafe

A_KEY = "KXK7CVKb5DJ7xBJbpO07hM0bZK32RI3WJG22BE2W3y0="


def _key(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "a", "SECRET_KEY is shorter than 32"),
        ("SECRET_KEY", "a" * 31, "SECRET_KEY is shorter than 32"),
        ("SECRET_KEY", "a" * 64, "SECRET_KEY is a few signs"),
        ("SECRET_KEY", "changeme!" * 4, "SECRET_KEY is a few signs"),
        ("SECRET_KEY", "0101" * 16, "SECRET_KEY is a few signs"),
        ("SECRET_KEY_FALLBACKS", "a" * 31, "SECRET_KEY_FALLBACKS holds a secret shorter"),
        (
            "SECRET_KEY_FALLBACKS",
            "6Q3v0cT1r9Zk8Lx2mN5bYw7aJd4eHg-_," + "a" * 32,
            "SECRET_KEY_FALLBACKS holds a secret of a",
        ),
        ("FIELD_KEYS", f"1:{_key(bytes(32))}", "FIELD_KEYS: key 1 is zeros"),
        ("FIELD_KEYS", f"2:{A_KEY},1:{_key(b'x' * 32)}", "FIELD_KEYS: key 1 is zeros"),
        ("FIELD_KEYS", f"1:{_key(b'secret' * 5 + b'se')}", "FIELD_KEYS: key 1 is zeros"),
        ("FIELD_KEYS", f"2:{A_KEY},1:{A_KEY}", "FIELD_KEYS: two ids have the same key"),
        ("MONITOR_TOKEN", "token", "MONITOR_TOKEN is shorter than 16"),
        ("MONITOR_TOKEN", "x" * 40, "MONITOR_TOKEN is shorter than 16"),
        ("PUBLIC_BASE_URL", "http://svar.example.org", "PUBLIC_BASE_URL is not an https"),
        ("PUBLIC_BASE_URL", "https://hospital.example.org/svar", "PUBLIC_BASE_URL has a path"),
        ("PUBLIC_BASE_URL", "https://hospital.example.org/svar/", "PUBLIC_BASE_URL has a path"),
        ("PUBLIC_BASE_URL", "https://localhost:8000", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://127.0.0.1", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://[::1]/", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://0.0.0.0", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://svar.localhost", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://svar", "PUBLIC_BASE_URL is an address of this machine"),
        *[
            ("PUBLIC_BASE_URL", f"https://svar.{name}", "PUBLIC_BASE_URL is an address of this machine")
            for name in ("local", "lan", "home.arpa", "internal", "intranet", "corp", "test", "INTERNAL:8443")
        ],
        ("PUBLIC_BASE_URL", "https://10.0.0.5", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://192.168.1.4:8443", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://169.254.1.1", "PUBLIC_BASE_URL is an address of this machine"),
        ("PUBLIC_BASE_URL", "https://[fd00::5]", "PUBLIC_BASE_URL is an address of this machine"),
        ("TWILIO_ACCOUNT_SID", "AC123", "TWILIO_ACCOUNT_SID is not AC and 32"),
        ("TWILIO_ACCOUNT_SID", "SK" + "12ab" * 8, "TWILIO_ACCOUNT_SID is not AC and 32"),
        ("TWILIO_MESSAGING_SERVICE", "AC" + "12ab" * 8, "TWILIO_MESSAGING_SERVICE is not MG and 32"),
        ("TWILIO_AUTH_TOKEN", "token", "TWILIO_AUTH_TOKEN is not 32"),
        ("TWILIO_AUTH_TOKEN_SECONDARY", "12AB" * 8, "TWILIO_AUTH_TOKEN_SECONDARY is not 32"),
        ("TWILIO_BASE_URL", "http://127.0.0.1:1", "TWILIO_BASE_URL is for tests only"),
        ("SVAR_TEST_INSTALLATION", "yes", "SVAR_TEST_INSTALLATION is yes and TWILIO_BASE_URL names no stand-in"),
        *[
            ("SVAR_WEBHOOK_NETWORKS", network, "SVAR_WEBHOOK_NETWORKS names this machine, its own line")
            for network in (
                "0.0.0.0/0",
                "::/0",
                "10.20.0.0/16,0.0.0.0/0",
                "0.0.0.0/1",
                "128.0.0.0/1",
                "8.0.0.0/7",
                "2000::/3",
                "127.0.0.0/8",
                "127.0.0.1",
                "0.0.0.0",  # noqa: S104 - this machine, by another name
                "::1",
                "::",
                "::ffff:127.0.0.1",
                "::/64",
                "169.254.0.0/16",
                "169.254.169.254",
                "168.0.0.0/7",
                "fe80::/10",
                "fe80::1",
                "224.0.0.0/4",
                "255.255.255.255",
                "ff00::/8",
            )
        ],
        ("ELKS_BASE_URL", "http://127.0.0.1:1", "ELKS_BASE_URL is for tests only"),
        ("ELKS_WEBHOOK_SECRET", "short", "ELKS_WEBHOOK_SECRET is not 16"),
        ("ELKS_WEBHOOK_SECRET", "abababababababab", "ELKS_WEBHOOK_SECRET is not 16"),
        ("ELKS_WEBHOOK_SECRET", "with a space and @ sign", "ELKS_WEBHOOK_SECRET is not 16"),
        ("SVAR_GATEWAY", "sandbox", "SVAR_GATEWAY is for development"),
        ("SVAR_INSTANCE", "instance", "SVAR_INSTANCE is not a whole path"),
        ("SVAR_EXPORTS", "./exports", "SVAR_EXPORTS is not a whole path"),
        ("SVAR_PLANS", "~/plans", "SVAR_PLANS is not a whole path"),
    ],
)
def test_f53_what_no_patient_may_depend_on_is_refused_in_production(name: str, value: str, complaint: str) -> None:
    (sentence,) = unsafe({name: value})
    assert sentence.startswith(complaint)
    if len(value) > 4:
        assert value not in sentence


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("https://api.twilio.com", True),
        ("https://API.Twilio.com/", True),
        ("https://api.dublin.ie1.twilio.com", True),
        ("https://twilio.com.", True),
        ("http://127.0.0.1:8099", False),
        ("https://twilio.com.stand-in.example", False),
        ("https://nottwilio.com", False),
    ],
)
def test_a_test_installation_does_not_call_the_provider_itself_its_stand_in(address: str, refused: bool) -> None:
    marked = {"SVAR_TEST_INSTALLATION": "yes", "TWILIO_BASE_URL": address}
    assert [sentence[:33] for sentence in unsafe(marked)] == ["TWILIO_BASE_URL is Twilio itself,"] * refused


@pytest.mark.parametrize(
    ("folder", "is_inside"),
    [
        ("program", True),
        ("program/", True),
        ("program/instance", True),
        ("program/var/exports", True),
        ("elsewhere/../program/instance", True),
        ("link/instance", True),
        ("program/../exports", False),
        ("program-data", False),
        ("exports", False),
        (".", False),
    ],
)
def test_a_folder_in_the_programs_own_is_found_by_whatever_way_it_is_written(
    tmp_path: Path, folder: str, is_inside: bool
) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "program")
    sentences = [sentence[:41] for sentence in inside(tmp_path / "program", {"SVAR_EXPORTS": f"{tmp_path}/{folder}"})]
    assert sentences == ["SVAR_EXPORTS is in the program's own fold"] * is_inside


def test_a_program_that_is_reached_by_a_link_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "version-2").mkdir()
    (tmp_path / "program").symlink_to(tmp_path / "version-2")
    (sentence,) = inside(tmp_path / "program", {"SVAR_INSTANCE": f"{tmp_path}/version-2/instance"})
    assert sentence.startswith("SVAR_INSTANCE is in")


@pytest.mark.parametrize("near", ["https://svar", "https://10.0.0.5", "https://localhost:8443"])
def test_a_test_installation_may_be_near(near: str) -> None:
    marked = {"SVAR_TEST_INSTALLATION": "yes", "TWILIO_BASE_URL": "http://127.0.0.1:8099"}
    assert list(unsafe({**marked, "PUBLIC_BASE_URL": near})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "6Q3v0cT1r9Zk8Lx2mN5bYw7aJd4eHg-_"),
        ("FIELD_KEYS", f"1:{A_KEY}"),
        ("MONITOR_TOKEN", "6Q3v0cT1r9Zk8Lx2"),
        ("PUBLIC_BASE_URL", "https://svar.example.org/"),
        ("PUBLIC_BASE_URL", "https://5.6.7.8"),
        ("PUBLIC_BASE_URL", "https://localhosting.example"),
        ("PUBLIC_BASE_URL", "https://svar.internal.example.org"),
        ("PUBLIC_BASE_URL", "https://svar.local-hospital.example"),
        ("DATABASE_URL", "POSTGRESQL://svar_app:x@db/svar"),
        ("TWILIO_ACCOUNT_SID", "AC" + "12ab" * 8),
        ("TWILIO_AUTH_TOKEN", "34cd" * 8),
        ("SVAR_EXPORTS", "/srv/svar/exports"),
    ],
)
def test_what_is_as_it_should_be_is_taken(name: str, value: str) -> None:
    assert [*unsafe({name: value}), *malformed({name: value})] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "svar.example.org"),
        ("PUBLIC_BASE_URL", "https://"),
        ("PUBLIC_BASE_URL", "https://."),
        ("PUBLIC_BASE_URL", "https://svar..example.org"),
        ("PUBLIC_BASE_URL", "https://svar_example.org"),
        ("PUBLIC_BASE_URL", "https://-svar.example.org"),
        ("PUBLIC_BASE_URL", "https://svar.example.org:https"),
        ("PUBLIC_BASE_URL", "https://svar.example.org:0"),
        ("PUBLIC_BASE_URL", "https://svar.example.org:70000"),
        ("PUBLIC_BASE_URL", "https://300.1.1.1"),
        ("PUBLIC_BASE_URL", "https://0x7f.1"),
        ("PUBLIC_BASE_URL", "https://127.0x1"),
        ("PUBLIC_BASE_URL", "https://2130706433"),
        ("PUBLIC_BASE_URL", "https://[::1"),
        ("PUBLIC_BASE_URL", "https://user:pw@svar.example.org"),
        ("PUBLIC_BASE_URL", "https://svar.example.org/?a=1"),
        ("PUBLIC_BASE_URL", "https://svar.example.org svar.example.net"),
        ("PUBLIC_BASE_URL", "https://" + "a." * 130 + "org"),
        ("DEAD_MAN_URL", "yes"),
        ("TWILIO_BASE_URL", "127.0.0.1:8099"),
        ("SMS_PROVIDER", "vonage"),
        ("SMS_PROVIDER", "Twilio"),
        ("ELKS_SENDER", "Sykehuset"),
        ("ELKS_BASE_URL", "127.0.0.1"),
        ("TWILIO_SENDER", "Sykehuset"),
        ("TWILIO_SENDER", "59440000a"),
        ("TWILIO_SENDER", "004759440000"),
        ("TWILIO_SENDER", "+0759440000"),
        ("TWILIO_SENDER", "MG" + "56ef" * 8),
        ("STAFF_NUMBERS", "40000001"),
        ("STAFF_NUMBERS", "+4740000001;+4740000002"),
        ("DATABASE_URL", "sqlite:///svar.db"),
        ("DATABASE_URL", "postgresql"),
        ("DATABASE_URL", "postgresql+asyncpg://svar_app:x@db/svar"),
        ("DATABASE_URL", "postgresql://svar_app:x@db:port/svar"),
        ("DATABASE_URL", "postgresql://svar_app:x@db"),
        ("DATABASE_URL", "postgresql://db/svar"),
        ("DATABASE_URL", "postgresql://svar_app:x@[::1/svar"),
        ("DATABASE_OWNER_URL", "svar"),
        ("SVAR_WEBHOOK_NETWORKS", "10.20.0.0"[:-2]),
        ("SVAR_WEBHOOK_NETWORKS", "10.20.0.1/16"),
        ("SVAR_WEBHOOK_NETWORKS", "hooks.hospital.example"),
        ("SVAR_WEBHOOK_NETWORKS", "10.20.0.0/16 10.30.0.0/16"),
        ("SVAR_WEBHOOK_NETWORKS", ","),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("TRUSTED_PROXIES", "١"),
        ("TWILIO_THREADS", "0"),
        ("TWILIO_THREADS", "65"),
        ("TWILIO_CONTENT_RETENTION", "delete"),
        ("DATABASE_PREPARED", "yes"),
        ("LOG_FORMAT", "xml"),
        ("SVAR_TEST_INSTALLATION", "1"),
        ("FIELD_KEYS", "nonsense"),
    ],
)
def test_what_can_be_used_nowhere_is_refused_in_one_sentence(name: str, value: str) -> None:
    (sentence,) = malformed({name: value})
    assert sentence.startswith(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "http://127.0.0.1:8000"),
        ("PUBLIC_BASE_URL", "http://localhost:8000/svar"),
        ("PUBLIC_BASE_URL", "https://[2001:db8::1]:8443"),
        ("SMS_PROVIDER", "46elks"),
        ("ELKS_SENDER", "+46766860000"),
        ("TWILIO_SENDER", "+4759440000"),
        ("TWILIO_SENDER", "2440"),
        ("DATABASE_URL", "postgres://svar_app:x@db:5433/svar?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg://svar_app@/svar?host=/run/postgresql"),
        ("TRUSTED_PROXIES", "2"),
        ("TWILIO_THREADS", "64"),
    ],
)
def test_what_can_be_used_is_used(name: str, value: str) -> None:
    assert list(malformed({name: value})) == []


@pytest.mark.parametrize(
    ("secret", "weak"),
    [
        ("", True),
        ("aaaaaaaa", True),
        ("abcdefg", True),
        ("abcdefgh", False),
        ("abcdefghabcdefgh", True),
        ("abcdefghabcdefg", False),
    ],
)
def test_few_signs_and_words_over_and_over_are_weak(secret: str, weak: bool) -> None:
    assert is_weak(secret) is weak
