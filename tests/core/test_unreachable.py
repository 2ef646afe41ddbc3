"""Why there is no line to the database: each of the server's and the driver's words has its meaning, and what to do."""

import pytest
from sqlalchemy.exc import OperationalError

from app.core.unreachable import HINDRANCE_SENTENCES, NEEDS_A_HAND, Hindrance, hindrance, in_words

TRIED = 'connection failed: connection to server at "192.0.2.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ('FATAL:  password authentication failed for user "svar_app"', Hindrance.PASSWORD),
        ("fe_sendauth: no password supplied", Hindrance.PASSWORD),
        ("FATAL:  SASL authentication failed", Hindrance.PASSWORD),
        ('FATAL:  role "svar_app" does not exist', Hindrance.ROLE),
        ('FATAL:  role "svar_owner" is not permitted to log in', Hindrance.ROLE),
        ('FATAL:  Peer authentication failed for user "svar_app"', Hindrance.ROLE),
        ("FATAL:  no such user: svar_app", Hindrance.ROLE),
        ('FATAL:  database "svar" does not exist', Hindrance.DATABASE),
        ('FATAL:  permission denied for database "svar"', Hindrance.DATABASE),
        ("FATAL:  no such database: svar", Hindrance.DATABASE),
        ('FATAL:  no pg_hba.conf entry for host "192.0.2.2", user "svar_app", database "svar"', Hindrance.DOOR),
        ("server does not support SSL, but SSL was required", Hindrance.DOOR),
        ("SSL error: certificate verify failed", Hindrance.DOOR),
        ("FATAL:  sorry, too many clients already", Hindrance.FULL),
        ("FATAL:  remaining connection slots are reserved for non-replication superuser", Hindrance.FULL),
        ('FATAL:  too many connections for role "svar_app"', Hindrance.FULL),
        ("FATAL:  the database system is starting up", Hindrance.STARTING),
        ("FATAL:  the database system is shutting down", Hindrance.STARTING),
        ("FATAL:  the database system is not yet accepting connections", Hindrance.STARTING),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", Hindrance.NAME),
        ('could not translate host name "db" to address', Hindrance.NAME),
        ("connection timeout expired", Hindrance.SILENT),
        ("No route to host", Hindrance.SILENT),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", Hindrance.REFUSED),
        ("Connection refused\n\tIs the server running on that host?", Hindrance.DEAD),
        ("No such file or directory", Hindrance.DEAD),
    ],
)
def test_each_way_of_not_getting_in_is_told_apart(said: str, meaning: Hindrance) -> None:
    assert hindrance(TRIED + said) is meaning
    sentence = in_words(OperationalError("", {}, Exception(TRIED + said)), "DATABASE_OWNER_URL")
    assert "{" not in sentence
    assert sentence.endswith((".", "?")) or meaning is Hindrance.REFUSED


def test_every_hindrance_has_a_sentence_and_what_waiting_mends_needs_no_hand() -> None:
    assert set(HINDRANCE_SENTENCES) == set(Hindrance)
    assert not NEEDS_A_HAND & {Hindrance.STARTING, Hindrance.FULL, Hindrance.DEAD, Hindrance.SILENT, Hindrance.NAME}


def test_a_server_of_another_language_is_quoted() -> None:
    error = OperationalError("", {}, Exception(f"{TRIED}FATAL:  Rolle existiert nicht\nmehr"))
    assert in_words(error) == "The database server answered, and refused: Rolle existiert nicht"
