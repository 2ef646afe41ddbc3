"""The tables as they were after one entry of the audit trail: rows of today, and every later change undone.

They are made as temporary tables of the same names, which the statements of an export then read in the place of ours;
when the transaction ends they are gone. A column of a row had, after that entry, what the first later change of it says
it was before; a row whose first later change is its insertion was not there. What the trail does not follow (reports of
delivery, which are only ever added) is taken up to the instant of the export.
"""

from datetime import datetime

from sqlalchemy import Connection, Table, text

from app.core.database import Base
from app.messages.models import Attempt, Message, Receipt
from app.participants.models import CallMade, Consent, Event, Participant
from app.responses.models import Answer, Correction, LateAttempt, Response, Score, StaffEntry
from app.schedule.models import Assessment, VisitNotDone
from app.studies.models import Membership, Protocol, Site, Study

READ: tuple[type[Base], ...] = (
    Study, Site, Protocol, Membership, Participant, Consent, Event, CallMade, Assessment, Message, Attempt,
    VisitNotDone, LateAttempt, StaffEntry, Response, Answer, Score, Correction,
)  # fmt: skip
"""Every table that an export reads and the trail follows."""

RECEIPTS: tuple[type[Base], ...] = (Receipt,)
UNTOUCHED = """
INSERT INTO pg_temp.{name} SELECT now_.* FROM public.{name} AS now_
WHERE NOT EXISTS (SELECT FROM audit.entries WHERE table_name = 'public.{name}' AND id > :entry
                  AND row_id = now_.id::text)
"""
TOUCHED = """
INSERT INTO pg_temp.{name}
SELECT (jsonb_populate_record(NULL::public.{name}, coalesce(kept.row_, '{{}}') || coalesce(was.row_, '{{}}'))).*
FROM (
  SELECT row_id, jsonb_object_agg(cell.key, cell.value ORDER BY changes.id DESC) FILTER (WHERE cell.key IS NOT NULL)
         AS row_, (array_agg(action ORDER BY changes.id))[1] AS first_change
  FROM audit.entries AS changes LEFT JOIN LATERAL jsonb_each(changes.old) AS cell ON true
  WHERE table_name = 'public.{name}' AND changes.id > :entry GROUP BY row_id
) AS was
LEFT JOIN LATERAL (SELECT to_jsonb(now_) AS row_ FROM public.{name} AS now_ WHERE now_.id = was.row_id::bigint)
  AS kept ON true
WHERE was.first_change <> 'insert'
"""
EMPTY = "CREATE TEMP TABLE {name} (LIKE public.{name}) ON COMMIT DROP"
ADDED = "INSERT INTO pg_temp.receipts SELECT * FROM public.receipts WHERE received_at <= :at"


def put_back(connection: Connection, entry: int, at: datetime) -> None:
    """Make the tables as they were after this entry, for the rest of the transaction."""
    for model in READ + RECEIPTS:
        connection.execute(text(EMPTY.format(name=_name(model))))
    for model in READ:
        for statement in (UNTOUCHED, TOUCHED):
            connection.execute(text(statement.format(name=_name(model))), {"entry": entry})
    connection.execute(text(ADDED), {"at": at})


def _name(model: type[Base]) -> str:
    table = model.__table__
    assert isinstance(table, Table)
    return table.name
