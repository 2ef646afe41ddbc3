"""What a new connection to the database is asked, and told, before anything is done with it.

It is asked whether its role could pass by what protects people: a superuser, an owner, whoever may read around
row-level security, or write to the trail or to one column of it, is refused, with what to do. So is a database whose
triggers or row-level security are switched off or were left out, as a restore that broke off leaves it: it would answer
as ever, and note nothing. So are a policy of somebody else's, which would show more than ours, and a scope that was set
for the role or the database: what is reset would fall back to it. And the connection is told that
everybody's rows may be seen (`svar.sites`): for the clock, for patients and for commands. Requests of staff narrow that
for each of their transactions (`app.studies.confining`). A connection that was told nothing, or has forgotten it, sees
no rows at all.

Behind a pooler that hands a connection on after each transaction, what a connection was told would be another one's:
there each transaction is told, and nothing outlives it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event, func, select, true
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.patience import LIMITS, says_limits_each_transaction

STRONG = (
    "rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR rolname IN"
    " ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')"
)
OUR_SCHEMAS = "('public', 'identifiers', 'audit')"
WHOSE = "('participant_id', 'assessment_id', 'response_id', 'message_id')"
"""A table with one of these columns holds rows of people, and has a policy."""
ROLE_AND_TABLES = f"""
SELECT session_user,
  EXISTS (SELECT FROM pg_roles WHERE ({STRONG}) AND pg_has_role(session_user, oid, 'MEMBER')) AS strong,
  EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(session_user, datdba, 'MEMBER'))
  OR EXISTS (
    SELECT FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN {OUR_SCHEMAS})
    AND pg_has_role(session_user, relowner, 'MEMBER')) AS owner,
  EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = 'audit')
    AND (has_any_column_privilege(session_user, oid, 'INSERT, UPDATE')
      OR has_table_privilege(session_user, oid, 'DELETE, TRUNCATE, TRIGGER'))) AS writes,
  current_setting('session_replication_role') <> 'origin' AS replica,
  (
    SELECT string_agg(oid::regclass::text, ', ' ORDER BY oid::regclass::text) FROM pg_class
    WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN {OUR_SCHEMAS}) AND (
      EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgenabled IN ('D', 'R'))
      OR NOT relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)
      OR NOT relrowsecurity AND relkind = 'r' AND (relname = 'participants' OR EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN {WHOSE})))) AS asleep,
  (
    SELECT string_agg(DISTINCT polrelid::regclass::text, ', ') FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
    WHERE polname <> 'sites' AND polpermissive
    AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN {OUR_SCHEMAS})) AS widened,
  EXISTS (
    SELECT FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setting ILIKE 'svar.sites=%'
    AND (setrole = 0 OR setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user)) AND (
      setdatabase = 0 OR setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))) AS scoped
"""  # noqa: S608  # nosec B608
TELL_CONNECTION = (
    "SELECT set_config('svar.sites', coalesce(nullif(current_setting('svar.sites', true), ''), '*'), false)"
)
TELL_TRANSACTION = select(
    *(func.set_config(setting, value, true()) for setting, value in {"svar.sites": "*", **LIMITS}.items())
)
RowOfRights = Sequence[Any]
WHAT_TO_DO = (
    "Row-level security and the audit trail would not hold against it, so Svar does not work as this role.\n"
    "Make a role that owns nothing (CREATE ROLE svar_app LOGIN PASSWORD '...'), name it in DATABASE_URL, name the owner"
    " in DATABASE_OWNER_URL, and run: flask db upgrade. See docs/operations.md."
)
REPLICA = (
    "Triggers are switched off for {role} (session_replication_role), so the audit trail would note nothing."
    " As a superuser: ALTER ROLE {role} RESET session_replication_role, and the same of the database."
)
ASLEEP = (
    "Triggers or row-level security are switched off at {tables}, as by a restore with --disable-triggers that broke"
    " off: the audit trail would note nothing, or everybody's rows be seen. Restore again; or, as the owner,"
    " ALTER TABLE ... ENABLE TRIGGER ALL, ALTER TABLE ... ENABLE ROW LEVEL SECURITY, and then: flask audit verify."
)
WIDENED = (
    "A policy that is not Svar's shows more of {tables} than it should: policies add up. As the owner, DROP POLICY what"
    ' \\d names there beside "sites"; who reads for a report gets the views of the schema bi.'
)
SCOPED = (
    "svar.sites is set for {role} or for the database, so that who asks nothing, or was reset, would see somebody's"
    " rows. As a superuser: ALTER ROLE {role} RESET svar.sites, and the same of the database."
)


class UnsafeRole(Exception):
    """What protects people does not hold on this connection: its role could pass it by, or it is switched off."""


def why_refused(connection: RowOfRights) -> str | None:
    """What is wrong with a connection of which ROLE_AND_TABLES says this; nothing if it may be worked with."""
    role, strong, owner, writes, replica, asleep, widened, scoped = connection
    danger = why_unsafe(role, strong=strong, owner=owner, writes=writes)
    sentences = {
        REPLICA.format(role=role): replica,
        ASLEEP.format(tables=asleep): asleep,
        WIDENED.format(tables=widened): widened,
        SCOPED.format(role=role): scoped,
    }
    return danger or next((sentence for sentence, holds in sentences.items() if holds), None)


def why_unsafe(role: str, *, strong: bool, owner: bool, writes: bool) -> str | None:
    """What is wrong with a role that could do this, in words; nothing if it may be worked with."""
    because = {
        "is a superuser, or may read or write past row-level security": strong,
        "owns the database or its tables, or is a member of their owner": owner,
        "may change the audit trail": writes,
    }
    danger = next((words for words, holds in because.items() if holds), None)
    return f"DATABASE_URL is of the role {role}, which {danger}.\n{WHAT_TO_DO}" if danger else None


def watch(engine: Engine) -> None:
    """Ask and tell each new connection of this engine; UnsafeRole refuses it."""
    event.listen(engine, "connect", _meet)
    if says_limits_each_transaction(engine):
        event.listen(engine, "begin", _tell_transaction)
    else:
        event.listen(engine, "connect", _tell_connection)


def _meet(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(ROLE_AND_TABLES)
    refusal = why_refused(cursor.fetchall()[0])
    cursor.close()
    connection.autocommit = False
    if refusal:
        connection.close()
        raise UnsafeRole(refusal)


def _tell_connection(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(TELL_CONNECTION)
    cursor.close()
    connection.autocommit = False


def _tell_transaction(connection: Connection) -> None:
    connection.execute(TELL_TRANSACTION)
