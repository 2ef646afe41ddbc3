"""SQL of the audit trail: the schema, the one trigger function, and the triggers of a table."""

from collections.abc import Iterator, Sequence

FUNCTION = """
CREATE OR REPLACE FUNCTION audit.record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  who text := nullif(current_setting('svar.actor', true), '');
  why text := nullif(current_setting('svar.reason', true), '');
  moment timestamptz := nullif(current_setting('svar.virtual_at', true), '')::timestamptz;
  place text := TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
  hidden text[] := TG_ARGV;
  plain boolean := coalesce(cardinality(TG_ARGV), 0) = 0;
BEGIN
  IF who IS NULL THEN
    RAISE EXCEPTION 'no actor: rows of % are changed inside acting(...)', place USING ERRCODE = '42501';
  END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit.entries (at, virtual_at, actor, reason, transaction_id, table_name, row_id, action, old, new)
    SELECT clock_timestamp(), moment, who, why, txid_current(), place, n.id::text, 'insert', NULL,
           CASE WHEN plain THEN to_jsonb(n) ELSE audit.shown(to_jsonb(n), hidden) END
    FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit.entries (at, virtual_at, actor, reason, transaction_id, table_name, row_id, action, old, new)
    SELECT clock_timestamp(), moment, who, why, txid_current(), place, o.id::text, 'delete',
           audit.shown(to_jsonb(o), hidden), NULL
    FROM old_rows o;
  ELSE
    INSERT INTO audit.entries (at, virtual_at, actor, reason, transaction_id, table_name, row_id, action, old, new)
    SELECT clock_timestamp(), moment, who, why, txid_current(), place, n.id::text, 'update',
           CASE WHEN plain THEN d.was ELSE audit.shown(d.was, hidden) END,
           CASE WHEN plain THEN d.becomes ELSE audit.shown(d.becomes, hidden) END
    FROM old_rows o JOIN new_rows n USING (id)
    CROSS JOIN LATERAL (SELECT to_jsonb(o) AS was, to_jsonb(n) AS becomes OFFSET 0) j
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(e.key, j.was -> e.key) AS was, jsonb_object_agg(e.key, e.value) AS becomes
      FROM jsonb_each(j.becomes) e WHERE e.value IS DISTINCT FROM j.was -> e.key) d
    WHERE d.becomes IS NOT NULL;
  END IF;
  RETURN NULL;
END $$
"""

HELPERS = (
    """
CREATE FUNCTION audit.shown(row_ jsonb, hidden text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN hidden IS NULL OR NOT row_ ?| hidden THEN row_ ELSE (
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY(hidden) AND value <> 'null' THEN '"(hidden)"' ELSE value END)
    FROM jsonb_each(row_)) END
$$""",
)

EVENTS = {
    "insert": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "update": "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
}


def triggers(table: str, hidden: Sequence[str] = ()) -> Iterator[str]:
    """Statements that audit `table` (schema.table, primary key `id`) without the content of the `hidden` columns."""
    arguments = ", ".join(f"'{column}'" for column in hidden)
    for event, clause in EVENTS.items():
        head = f"CREATE TRIGGER audit_{event} {clause.format(table=table)}"
        yield f"{head} FOR EACH STATEMENT EXECUTE FUNCTION audit.record({arguments})"


def no_triggers(table: str) -> Iterator[str]:
    """Statements that undo `triggers`."""
    for event in EVENTS:
        yield f"DROP TRIGGER audit_{event} ON {table}"
