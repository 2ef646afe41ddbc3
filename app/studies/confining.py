"""What a person may see, held by the database too: row-level security, told of her sites in each transaction.

The queries of the desk and of the API ask for her sites by themselves (`Scope`). This is the net under them: a query
that forgets to ask still finds nothing of another site. The clock, patients' pages and commands see everybody, as their
connections were told when they were made (`app.core.connecting`); where nothing is said, nothing is seen.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.core.database import db

TELL_SITES = text("SELECT set_config('svar.sites', :sites, true)")


def confine(site_ids: Iterable[int]) -> None:
    """From here to the end of this session, also after a rollback, rows of other sites do not exist."""
    session = db.session
    session.info["sites"] = {"sites": "{" + ",".join(str(int(site_id)) for site_id in site_ids) + "}"}
    session.execute(TELL_SITES, session.info["sites"])


@contextmanager
def seeing_everybody() -> Iterator[None]:
    """For one question that narrows its rows itself: rows of all sites are there, and afterwards they are not again."""
    session = db.session
    confined = session.info.pop("sites", None)
    session.execute(TELL_SITES, {"sites": "*"})
    try:
        yield
    finally:
        if confined is not None:
            session.info["sites"] = confined
            session.execute(TELL_SITES, confined)


@event.listens_for(Session, "after_begin")
def _tell(session: Session, _: Any, connection: Any) -> None:
    """The database forgets at the end of each transaction; a new one is told again."""
    if "sites" in session.info:
        connection.execute(TELL_SITES, session.info["sites"])
