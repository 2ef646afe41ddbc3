"""SQL of row-level security: staff see the rows of their sites, whatever a query forgot to ask.

A request of staff sets `svar.sites` for its transaction (`app.studies.confining`); where it is not set, for the clock,
for patients and for commands, every row is seen. A participant's rows are found by their way to her, so whoever does
not see her sees nothing that is hers.

Cost: where nothing is set, one look at a setting per row (0.1 microseconds); the function is called, and its query run,
only where sites are set. It is written with `>` and given a low COST so that the planner, who cannot know the setting,
still takes most rows to be seen and the look to be cheap: the clock's plans stay what they were.
"""

from collections.abc import Iterator

from migrations.grants import app_role

UNCONFINED = "(current_setting('svar.sites', true) > '') IS NOT TRUE"
MINE = "coalesce(nullif(current_setting('svar.sites', true), ''), '{}')::bigint[]"
"""An empty setting must be readable too: the planner looks at it, whatever stands before the OR."""
AT_MY_SITES = f"{UNCONFINED} OR site_id = ANY ({MINE})"


def sees(name: str, rows: str) -> Iterator[str]:
    """Statements that make `sees_NAME(id)`: whether row `id` of `rows`, joined to its participant p, is of my sites.

    It looks with the owner's eyes, so that no policy is asked within a policy.
    """
    function = f"public.sees_{name}(bigint)"
    found = f"SELECT FROM {rows} WHERE {name[0]}.id = $1 AND p.site_id = ANY ({MINE})"
    yield (
        f"CREATE FUNCTION {function} RETURNS boolean LANGUAGE plpgsql STABLE COST 1 SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN EXISTS ({found}); END $$"
    )
    yield f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"
    yield f'GRANT EXECUTE ON FUNCTION {function} TO "{app_role()}"'


def mine() -> Iterator[str]:
    """Statements that make `my_participants()`: the ids of the participants of my sites, with the owner's eyes."""
    found = f"SELECT id FROM public.participants WHERE site_id = ANY ({MINE})"  # noqa: S608 - a constant of ours
    yield (
        "CREATE FUNCTION public.my_participants() RETURNS SETOF bigint LANGUAGE sql STABLE COST 1 ROWS 100"
        f" SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ {found} $$"
    )
    yield "REVOKE EXECUTE ON FUNCTION public.my_participants() FROM PUBLIC"
    yield f'GRANT EXECUTE ON FUNCTION public.my_participants() TO "{app_role()}"'


def confine(table: str, rule: str, *, with_parent: bool = False) -> Iterator[str]:
    """Statements that show of `table` (schema.table) only what `rule` holds for; its owner still sees everything.

    Rows written `with_parent`, by the statement that writes their parent, cannot be asked for a parent that is not
    there yet: the parent is.
    """
    check = " WITH CHECK (true)" if with_parent else ""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"CREATE POLICY sites ON {table} USING ({rule}){check}"


def through(column: str) -> str:
    """The rule of a table whose `column` names its parent, such as `participant_id`.

    Whole tables are read by participant, so whose rows are mine is asked once per statement; the others by their key.
    """
    if column == "participant_id":
        return f"{UNCONFINED} OR participant_id = ANY (ARRAY(SELECT public.my_participants()))"
    return f"{UNCONFINED} OR public.sees_{column.removesuffix('_id')}({column})"


def unconfine(table: str) -> Iterator[str]:
    """Statements that undo `confine`."""
    yield f"DROP POLICY sites ON {table}"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
