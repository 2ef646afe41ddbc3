"""Seals are made by the database alone: the application asks for one, and can write none.

Each entry carries a mark of its content, which tells of changes before it is sealed. A seal also notes how many entries
there were beyond it, and when it was made by the database's clock; its hash covers both.
"""

import sqlalchemy as sa
from alembic import op

from migrations.audit import FUNCTION
from migrations.grants import app_role, may

revision = "0120"
down_revision = "0115"
branch_labels = None
depends_on = None

CONTENT = "at, virtual_at, actor, reason, transaction_id, table_name, row_id, action, old, new"
MARKED = FUNCTION
for values in ("'insert', NULL,", "'delete',", "'update',"):
    assert values in MARKED
MARKED = MARKED.replace("'insert', NULL,", "'insert', NULL::jsonb,")
MARKED = MARKED.replace("audit.shown(to_jsonb(o), hidden), NULL\n", "audit.shown(to_jsonb(o), hidden), NULL::jsonb\n")
MARKED = MARKED.replace(f"INSERT INTO audit.entries ({CONTENT})\n", f"""\
INSERT INTO audit.entries (id, {CONTENT}, mark)
    SELECT entry.*, hash_record_extended(entry, 0) FROM (
""").replace("    SELECT clock_timestamp()", "    SELECT nextval('audit.entries_id_seq'), clock_timestamp()")
for end in ("FROM new_rows n;", "FROM old_rows o;", "WHERE d.becomes IS NOT NULL;"):
    MARKED = MARKED.replace(end, f"{end[:-1]} OFFSET 0) AS entry;")

MICROSECONDS = """'YYYY-MM-DD"T"HH24:MI:SS.US'"""
LINE = (
    f"jsonb_build_array(id, to_char(at AT TIME ZONE 'UTC', {MICROSECONDS}),"
    f" to_char(virtual_at AT TIME ZONE 'UTC', {MICROSECONDS}), actor, reason, transaction_id, table_name, row_id, action,"
    " old, new)::text"
)
SEAL = f"""
CREATE FUNCTION audit.seal(at_ timestamptz) RETURNS SETOF audit.seals
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last audit.seals;
  made audit.seals;
  newest bigint;
  oldest_running bigint;
  following bigint;
  content bytea;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('audit:seal', 0));
  SELECT * INTO last FROM audit.seals ORDER BY number DESC LIMIT 1;
  SELECT coalesce(max(id), 0) INTO newest FROM audit.entries;  -- before the snapshot: whoever drew an id up to it is in it
  SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) INTO oldest_running, following FROM txid_current_snapshot() s;
  IF last.number IS NOT NULL THEN
    IF oldest_running < last.next_transaction AND following >= last.next_transaction THEN RETURN; END IF;
    IF newest = last.last_entry AND last.made_at > clock_timestamp() - interval '1 hour' THEN RETURN; END IF;
  END IF;
  made.id := nextval('audit.seals_id_seq');
  made.number := coalesce(last.number, 0) + 1;
  made.last_entry := coalesce(last.next_entry, 0);
  made.next_entry := newest;
  made.next_transaction := following;
  made.sealed_at := at_;
  made.made_at := clock_timestamp();
  made.form := 2;
  SELECT count(*), coalesce(string_agg(sha256(convert_to({LINE}, 'UTF8')), ''::bytea ORDER BY id), ''::bytea)
    INTO made.entries, content
    FROM audit.entries WHERE id > coalesce(last.last_entry, 0) AND id <= made.last_entry;
  SELECT count(*) INTO made.tail FROM audit.entries WHERE id > made.last_entry AND id <= newest;
  made.hash := encode(sha256(convert_to(concat_ws('|', coalesce(last.hash, repeat('0', 64)), made.number, made.last_entry,
    made.entries, made.next_entry, made.tail, to_char(made.made_at AT TIME ZONE 'UTC', {MICROSECONDS})), 'UTF8')
    || content), 'hex');
  INSERT INTO audit.seals SELECT (made).*;
  RETURN NEXT made;
END $$
"""


def upgrade() -> None:
    op.add_column("entries", sa.Column("mark", sa.BigInteger(), nullable=True), schema="audit")
    op.execute(MARKED)
    op.execute(
        f"UPDATE audit.entries SET mark = hash_record_extended(ROW(id, {CONTENT}), 0)"
        " WHERE id > (SELECT coalesce(max(last_entry), 0) FROM audit.seals)"
    )
    op.add_column("seals", sa.Column("tail", sa.BigInteger(), nullable=True), schema="audit")
    op.add_column("seals", sa.Column("made_at", sa.DateTime(timezone=True), nullable=True), schema="audit")
    op.add_column("seals", sa.Column("form", sa.BigInteger(), nullable=False, server_default="1"), schema="audit")
    role = app_role()
    for statement in (
        SEAL.replace("INSERT INTO audit.seals SELECT (made).*", INSERT),
        "REVOKE EXECUTE ON FUNCTION audit.seal(timestamptz) FROM PUBLIC",
        f'GRANT EXECUTE ON FUNCTION audit.seal(timestamptz) TO "{role}"',
        f'REVOKE INSERT ON audit.seals FROM "{role}"',
        f'REVOKE USAGE ON SEQUENCE audit.seals_id_seq FROM "{role}"',
    ):
        op.execute(statement)


SEALED = ("id", "number", "last_entry", "entries", "hash", "next_entry", "next_transaction", "sealed_at", "tail", "made_at", "form")
INSERT = f"INSERT INTO audit.seals ({', '.join(SEALED)}) VALUES ({', '.join(f'made.{name}' for name in SEALED)})"


def downgrade() -> None:
    """Seals of the second form stay; the older revision's check does not know them, and says so."""
    op.execute("DROP FUNCTION audit.seal(timestamptz)")
    for statement in (
        *may("INSERT", ["audit.seals"]),
        f'GRANT USAGE ON SEQUENCE audit.seals_id_seq TO "{app_role()}"',
        FUNCTION,
    ):
        op.execute(statement)
    for column in ("tail", "made_at", "form"):
        op.drop_column("seals", column, schema="audit")
    op.drop_column("entries", "mark", schema="audit")
