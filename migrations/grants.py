"""What the application's role may do. It owns nothing, so it can neither alter a table nor touch the audit trail."""

from collections.abc import Iterator, Sequence

from alembic import context
from sqlalchemy import make_url

SCHEMAS = ("public", "identifiers", "audit")


def app_role() -> str:
    """The role of DATABASE_URL; `svar_app` where the caller names none."""
    role = context.config.attributes.get("app_role")
    if role:
        return str(role)
    if context.config.attributes.get("connection") is not None:
        return "svar_app"
    from app.config import settings

    return make_url(settings().database_url).username or "svar_app"


def use_schemas() -> Iterator[str]:
    """Let the application see the schemas and draw from their sequences."""
    for schema in SCHEMAS:
        yield f'GRANT USAGE ON SCHEMA {schema} TO "{app_role()}"'
    for schema in ("public", "identifiers"):
        yield f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO "{app_role()}"'


def may(rights: str, tables: Sequence[str]) -> Iterator[str]:
    """Grant `rights` on each of `tables` (schema.table)."""
    for table in tables:
        yield f'GRANT {rights} ON {table} TO "{app_role()}"'
