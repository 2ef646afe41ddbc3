"""`flask ledger`: the books of texts, to the row."""

from datetime import date

import click
from flask.cli import with_appcontext

from app.core.database import db
from app.core.time import now
from app.messages.monitoring.ledger import Books, books
from app.studies.installing import study as find_study
from app.studies.installing import with_protocol
from app.studies.models import Study


@click.command("ledger")
@click.option("--study", "code", help="Only this study.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only texts owed on this local day.")
@with_appcontext
def group(code: str | None, day: date | None) -> None:
    """Every text owed, by what became of it. Ends with 1 if the books do not close."""
    studies = [find_study(code)] if code else _studies()
    on = getattr(day, "date", lambda: None)()
    balanced = True
    if not studies:
        click.echo("No study has a protocol yet, so no text is owed.")
    for study in studies:
        day_books = books(study, on, now())
        click.echo("\n".join(_lines(study.code, day_books)))
        balanced = balanced and day_books.balanced
    if not balanced:
        raise SystemExit(1)


def _studies() -> list[Study]:
    return list(db.session.scalars(with_protocol().order_by(Study.code)))


def _lines(code: str, day_books: Books) -> list[str]:
    parts = day_books.as_dict()
    owed = parts.pop("owed")
    lines = [f"{code}: {owed} owed = " + " + ".join(f"{count} {name}" for name, count in parts.items())]
    lines += [f"  suppressed, {reason}: {count}" for reason, count in day_books.reasons.items()]
    lines += [f"  NOT CLOSED: {what}" for what in day_books.contradictions]
    if owed != day_books.accounted:
        lines.append(f"  NOT CLOSED: {owed} owed, {day_books.accounted} accounted for")
    return lines
