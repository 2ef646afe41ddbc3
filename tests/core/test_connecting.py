"""A new connection: what its role may not be able to do, and whose rows it is told to see."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from app import create_app
from app.config import Settings
from app.core import embedded
from app.core.connecting import UnsafeRole, watch, why_unsafe
from tests.factories import command

PASSWORD = "of-a-test"


@pytest.fixture
def admin(server: embedded.Embedded, own_database: str) -> Iterator[psycopg.Connection[tuple[object]]]:
    """A superuser's connection to a database of the test's own; its role `svar_test` is gone afterwards."""
    address = server.url("postgres", own_database).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE svar_test LOGIN PASSWORD '{PASSWORD}'")
        yield connection
        for statement in (
            "REASSIGN OWNED BY svar_test TO svar_owner",
            "DROP OWNED BY svar_test",
            "DROP ROLE svar_test",
        ):
            connection.execute(statement)


def seen_by(server: embedded.Embedded, database: str, options: str = "") -> object:
    """What a connection of the role is told, when it is made."""
    url = make_url(server.url("svar_app", database)).set(username="svar_test", password=PASSWORD)
    engine = create_engine(url.update_query_dict({"options": options} if options else {}))
    watch(engine)
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT current_setting('svar.sites')"))
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("ALTER ROLE svar_test SUPERUSER", "is a superuser"),
        ("ALTER ROLE svar_test BYPASSRLS", "past row-level security"),
        ("ALTER ROLE svar_test CREATEROLE", "past row-level security"),
        ("ALTER ROLE svar_test REPLICATION", "past row-level security"),
        ("GRANT postgres TO svar_test", "is a superuser"),
        ("GRANT pg_execute_server_program TO svar_test", "is a superuser"),
        ("GRANT svar_owner TO svar_test", "is a member of their owner"),
        ("ALTER DATABASE own OWNER TO svar_test", "owns the database"),
        ("ALTER TABLE audit.seals OWNER TO svar_test", "owns the database or its tables"),
        ("GRANT DELETE ON audit.entries TO svar_test", "may change the audit trail"),
        ("GRANT UPDATE ON audit.seals TO svar_test", "may change the audit trail"),
        ("GRANT pg_write_all_data TO svar_test", "may change the audit trail"),
        ("GRANT INSERT ON audit.seals TO svar_test", "may change the audit trail"),
        ("GRANT INSERT ON audit.entries TO PUBLIC", "may change the audit trail"),
        ("GRANT UPDATE (id) ON audit.entries TO svar_test", "may change the audit trail"),
        ("GRANT TRIGGER ON audit.entries TO svar_test", "may change the audit trail"),
    ],
)
def test_a_role_that_could_pass_by_what_protects_people_is_refused(
    server: embedded.Embedded, own_database: str, admin: psycopg.Connection[tuple[object]], given: str, sentence: str
) -> None:
    assert seen_by(server, own_database) == "*"
    admin.execute(given.replace("DATABASE own ", f"DATABASE {own_database} "))
    with pytest.raises(UnsafeRole, match=sentence) as refused:
        seen_by(server, own_database)
    assert "flask db upgrade" in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "sentence", "mended"),
    [
        (
            "ALTER ROLE svar_test SET session_replication_role = replica",
            "switched off for svar_test",
            "ALTER ROLE svar_test RESET session_replication_role",
        ),
        (
            "ALTER DATABASE own SET session_replication_role = replica",
            "switched off for svar_test",
            "ALTER DATABASE own RESET session_replication_role",
        ),
        ("ALTER TABLE studies DISABLE TRIGGER ALL", "at studies, as by", "ALTER TABLE studies ENABLE TRIGGER ALL"),
        ("ALTER TABLE studies DISABLE TRIGGER USER", "at studies, as by", "ALTER TABLE studies ENABLE TRIGGER USER"),
        (
            "ALTER TABLE identifiers.contacts DISABLE TRIGGER audit_update",
            "at identifiers.contacts, as by",
            "ALTER TABLE identifiers.contacts ENABLE TRIGGER audit_update",
        ),
        (
            "ALTER TABLE studies ENABLE REPLICA TRIGGER audit_update",
            "at studies, as by",
            "ALTER TABLE studies ENABLE TRIGGER audit_update",
        ),
        (
            "ALTER TABLE participants DISABLE ROW LEVEL SECURITY",
            "at participants, as by",
            "ALTER TABLE participants ENABLE ROW LEVEL SECURITY",
        ),
        (
            "ALTER TABLE audit.entries DISABLE ROW LEVEL SECURITY",
            "at audit.entries, as by",
            "ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY",
        ),
        (
            "DROP POLICY sites ON responses; ALTER TABLE responses DISABLE ROW LEVEL SECURITY",
            "at responses, as by",
            "ALTER TABLE responses ENABLE ROW LEVEL SECURITY",
        ),
        (
            "DROP POLICY sites ON participants; ALTER TABLE participants DISABLE ROW LEVEL SECURITY",
            "at participants, as by",
            "ALTER TABLE participants ENABLE ROW LEVEL SECURITY",
        ),
        ("CREATE TABLE extra (participant_id bigint)", "at extra, as by", "DROP TABLE extra"),
        (
            "CREATE POLICY report ON identifiers.contacts USING (true)",
            "more of identifiers.contacts than",
            "DROP POLICY report ON identifiers.contacts",
        ),
        (
            "ALTER ROLE svar_test SET svar.sites = '*'",
            "set for svar_test or",
            "ALTER ROLE svar_test RESET svar.sites",
        ),
        (
            "ALTER DATABASE own SET svar.sites = '{1}'",
            "set for svar_test or",
            "ALTER DATABASE own RESET svar.sites",
        ),
    ],
)
def test_a_database_in_which_what_protects_people_is_switched_off_is_refused(
    server: embedded.Embedded,
    own_database: str,
    admin: psycopg.Connection[tuple[object]],
    given: str,
    sentence: str,
    mended: str,
) -> None:
    admin.execute(given.replace("DATABASE own ", f"DATABASE {own_database} "))
    with pytest.raises(UnsafeRole, match=sentence):
        seen_by(server, own_database)
    admin.execute(mended.replace("DATABASE own ", f"DATABASE {own_database} "))
    assert seen_by(server, own_database) == "*"


@pytest.mark.parametrize(("options", "sentence"), [("", "*"), ("-c svar.sites={3}", "{3}"), ("-c svar.sites=", "*")])
def test_a_connection_sees_everybody_unless_it_was_made_for_some(
    server: embedded.Embedded, own_database: str, admin: object, options: str, sentence: str
) -> None:
    assert seen_by(server, own_database, options) == sentence


@pytest.mark.parametrize("strong", [True, False])
@pytest.mark.parametrize("owner", [True, False])
@pytest.mark.parametrize("writes", [True, False])
def test_any_one_reason_is_enough(strong: bool, owner: bool, writes: bool) -> None:
    reason = why_unsafe("x", strong=strong, owner=owner, writes=writes)
    assert (reason is not None) is (strong or owner or writes)


@pytest.mark.parametrize("role", ["svar_owner", "postgres"])
def test_a_command_of_the_owner_or_a_superuser_is_refused_with_what_to_do(
    server: embedded.Embedded, settings: Settings, database: str, role: str
) -> None:
    app = create_app(replace(settings, database_url=server.url(role, database)))
    done = command(app, "ledger")
    assert done.exit_code == 1
    assert f"DATABASE_URL is of the role {role}" in done.output
    assert "Traceback" not in done.output


def test_a_page_is_not_served_as_the_owner(server: embedded.Embedded, settings: Settings, database: str) -> None:
    app = create_app(replace(settings, database_url=settings.owner_url))
    assert app.test_client().get("/health/ready").status_code == 500
