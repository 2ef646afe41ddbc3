"""SQL of row-level security: staff see the rows of their sites, whatever a query forgot to ask.

`svar.sites` says whose rows are seen: those of some sites (`{1,2}`), or everybody's (`*`). Where nothing is said, or
what was said was reset, there are no rows. A request of staff says it for its transaction (`app.studies.confining`);
the connections of the service say `*` when they are made (`app.core.connecting`), for the clock, for patients and for
commands. A participant's rows are found by their way to her, so whoever does not see her sees nothing that is hers.

Cost: where everybody is seen, one look at a setting per row (0.1 microseconds); the function is called, and its query
run, only where sites are set. It is written with `>=` and given a low COST so that the planner, who cannot know the
setting, still takes most rows to be seen and the look to be cheap: the clock's plans stay what they were.
"""

from collections.abc import Iterator

from migrations.grants import app_role

SAID = "coalesce(current_setting('svar.sites', true), '')"
UNCONFINED = f"(nullif({SAID}, '*') >= '') IS NOT TRUE"
"""True for `*` alone: only there is nothing to compare."""
MINE = "coalesce(nullif(nullif(current_setting('svar.sites', true), ''), '*'), '{}')::bigint[]"
"""Every setting must be readable: the planner looks at it, whatever stands before the OR."""
AT_MY_SITES = f"{UNCONFINED} OR site_id = ANY ({MINE})"


def sees(name: str, rows: str) -> Iterator[str]:
    """Statements that make `sees_NAME(id)`: whether row `id` of `rows`, joined to its participant p, is of my sites.

    It looks with the owner's eyes, so that no policy is asked within a policy.
    """
    function = f"public.sees_{name}(bigint)"
    found = f"SELECT FROM {rows} WHERE {name[0]}.id = $1 AND p.site_id = ANY ({MINE})"
    yield (
        f"CREATE OR REPLACE FUNCTION {function} RETURNS boolean LANGUAGE plpgsql STABLE COST 1 SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN EXISTS ({found}); END $$"
    )
    yield f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"
    yield f'GRANT EXECUTE ON FUNCTION {function} TO "{app_role()}"'


def refuses_strangers(parent: str) -> Iterator[str]:
    """Statements that make `refuse_strangers()`, a trigger's function: no new row of a `parent` of another site.

    A trigger looks once the statement is done, when also the parent is there which that statement wrote.
    """
    yield (
        "CREATE FUNCTION public.refuse_strangers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ BEGIN IF NOT ({UNCONFINED}) AND EXISTS"
        f" (SELECT FROM new_rows n WHERE public.sees_{parent}(n.{parent}_id) IS NOT TRUE) THEN RAISE EXCEPTION"
        f" 'a new row of % violates row-level security: its {parent} is of another site', TG_TABLE_NAME"
        " USING ERRCODE = '42501'; END IF; RETURN NULL; END $$"
    )


def refuse_strangers(table: str) -> str:
    """The statement that asks of each new row of `table` whether its parent is of my sites."""
    return (
        f"CREATE TRIGGER sites AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_strangers()"
    )


def mine() -> Iterator[str]:
    """Statements that make `my_participants()`: the ids of the participants of my sites, with the owner's eyes."""
    found = f"SELECT id FROM public.participants WHERE site_id = ANY ({MINE})"  # noqa: S608 - a constant of ours
    yield (
        "CREATE OR REPLACE FUNCTION public.my_participants() RETURNS SETOF bigint LANGUAGE sql STABLE COST 1 ROWS 100"
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

    Whole tables are read by participant, so whose rows are mine is asked once per statement and kept as a hash (a list
    would be walked for each row); the others by their key.
    """
    if column == "participant_id":
        return f"{UNCONFINED} OR participant_id IN (SELECT public.my_participants())"
    return f"{UNCONFINED} OR public.sees_{column.removesuffix('_id')}({column})"


def unconfine(table: str) -> Iterator[str]:
    """Statements that undo `confine`."""
    yield f"DROP POLICY sites ON {table}"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
