"""Why there is no line to the database, told apart by what its server or the driver said: who must do what about it.

PostgreSQL's codes do not come with a refused connection, so its words are read. A server of another language is
told of with its own words.
"""

import re
from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Hindrance(StrEnum):
    """What stands between this process and its database."""

    PASSWORD = "password"  # noqa: S105 - a name of what is wrong, not a password
    ROLE = "role"
    DATABASE = "database"
    DOOR = "door"
    FULL = "full"
    STARTING = "starting"
    NAME = "name"
    SILENT = "silent"
    REFUSED = "refused"
    """The server answered, and said something else."""
    DEAD = "dead"


HINDRANCE_SENTENCES = {
    Hindrance.PASSWORD: "The database server runs, and does not take the password of {setting}. Mend the password"
    " there, or set the role's anew (ALTER ROLE ... PASSWORD '...'); signs such as @ : / % are written as %40 %3A %2F"
    " %25.",
    Hindrance.ROLE: "The database server runs, and knows no such role as {setting} names, or it may not log in. Make"
    " it: CREATE ROLE ... LOGIN PASSWORD '...'.",
    Hindrance.DATABASE: "The database server runs, and has no such database as {setting} names, or the role may not"
    " enter it. Make it: CREATE DATABASE ... OWNER ....",
    Hindrance.DOOR: "The database server runs, and lets nobody in from here as {setting} asks. Add a line to its"
    " pg_hba.conf, and reload it; with TLS, see sslmode.",
    Hindrance.FULL: "The database server runs, and has no connection left. Raise max_connections, or run fewer"
    " processes.",
    Hindrance.STARTING: "The database server is starting, stopping or recovering. Wait a moment, and try again.",
    Hindrance.NAME: "No machine has the name that {setting} gives for the database's. Is it spelt right, and does this"
    " machine resolve names?",
    Hindrance.SILENT: "Nothing answers where {setting} says that the database is: a firewall, or the wrong address.",
    Hindrance.REFUSED: "The database server answered, and refused: {words}",
    Hindrance.DEAD: "The database cannot be reached. Is it running, and is {setting} its address?",
}
SIGNS = (
    (r"password authentication failed|no password supplied|SASL authentication failed", Hindrance.PASSWORD),
    (
        r"role \".*\" does not exist|not permitted to log in|no such user|(Peer|Ident|LDAP|PAM|GSSAPI) authentication",
        Hindrance.ROLE,
    ),
    (r"FATAL:.*database \".*\" does not exist|permission denied for database|no such database", Hindrance.DATABASE),
    (r"pg_hba\.conf|server does not support SSL|certificate|SSL error", Hindrance.DOOR),
    (r"too many (clients|connections)|connection slots are reserved|no more connections", Hindrance.FULL),
    (r"database system is (starting|shutting|in recovery|not yet)", Hindrance.STARTING),
    (r"failed to resolve host|could not translate host name|Name or service not known", Hindrance.NAME),
    (r"timeout|timed out|No route to host|Network is unreachable", Hindrance.SILENT),
    (r"FATAL:", Hindrance.REFUSED),
)
"""What is said, and what that means, the first that fits."""
NEEDS_A_HAND = frozenset({Hindrance.PASSWORD, Hindrance.ROLE, Hindrance.DATABASE, Hindrance.DOOR})
"""What no waiting mends."""


def hindrance(said: str) -> Hindrance:
    """What it is that was said so."""
    return next((meaning for sign, meaning in SIGNS if re.search(sign, said, re.IGNORECASE)), Hindrance.DEAD)


def why(error: DBAPIError) -> Hindrance:
    """What stands between, by the error of a connection that was not made."""
    return hindrance(str(error.orig))


def in_words(error: DBAPIError, setting: str = "DATABASE_URL") -> str:
    """The same, as people at a shell need it; `setting` holds the address that was tried."""
    said = str(error.orig)
    words = said.partition("FATAL:")[2].partition("\n")[0].strip()
    return HINDRANCE_SENTENCES[hindrance(said)].format(setting=setting, words=words)
