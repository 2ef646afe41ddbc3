"""`flask corrections`: queries about answers; asked and closed as somebody who may, never signed at a shell."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.roles import Permission
from app.accounts.users import find_user
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Altered, Forbidden
from app.core.time import now
from app.instruments.free_text import cleaned
from app.responses.correction_reading import response_at
from app.responses.corrections import Query, ask, ask_to_void, close, corrections_at, find_correction
from app.responses.models import Correction
from app.responses.signatures import altered
from app.studies.access import Scope, admit

group = AppGroup("corrections", help="Queries about patients' answers; an investigator signs them on the desk.")
whose = click.option(
    "--as", "email", envvar="SVAR_AS", required=True, help="Your e-mail address here: you see what your role may see."
)
because = click.option("--reason", required=True, help="Why.")
stands_in = click.option("--source", required=True, help="Where that stands, such as a note's date.")


@group.command("list")
@click.argument("study")
@whose
@click.option("--all", "everything", is_flag=True, help="Those that are decided, too.")
def listing(study: str, email: str, everything: bool) -> None:
    """The queries of STUDY at your sites, the oldest first."""
    _, scope = _admitted(email, study)
    corrections = corrections_at(scope, undecided=not everything)
    for correction in corrections:
        click.echo(_line(correction))
    click.echo(f"{study}: {len(corrections)} {'in all' if everything else 'open'}.")


@group.command("ask")
@click.argument("study")
@click.argument("participant")
@click.argument("visit")
@click.argument("item")
@click.argument("value")
@whose
@because
@stands_in
def ask_for_value(
    study: str, participant: str, visit: str, item: str, value: str, email: str, reason: str, source: str
) -> None:
    """Ask that ITEM (such as odi.lifting) have VALUE; "" for not answered."""
    user, scope = _admitted(email, study)
    instrument, _, code = item.partition(".")
    with acting(f"user:{user.id}", reason), transaction():
        query = Query(instrument, code, value, reason, source)
        click.echo(_line(ask(response_at(scope, participant, visit), query, user, now())))


@group.command("void")
@click.argument("study")
@click.argument("participant")
@click.argument("visit")
@whose
@because
@stands_in
def ask_for_voiding(study: str, participant: str, visit: str, email: str, reason: str, source: str) -> None:
    """Ask that a whole response not count."""
    user, scope = _admitted(email, study)
    with acting(f"user:{user.id}", reason), transaction():
        click.echo(_line(ask_to_void(response_at(scope, participant, visit), reason, source, user, now())))


@group.command("close")
@click.argument("study")
@click.argument("query", type=int)
@whose
@because
def close_query(study: str, query: int, email: str, reason: str) -> None:
    """Close a query that needs no decision."""
    user, scope = _admitted(email, study)
    with acting(f"user:{user.id}", reason), transaction():
        close(find_correction(scope, query), user, reason, now())
    click.echo("Closed. Nothing was changed.")


@group.command()
def verify() -> None:
    """Whether every signature still fits what was signed; exit code 1 where one does not."""
    signed = list(db.session.scalars(select(Correction).where(Correction.sha256.is_not(None)).order_by(Correction.id)))
    wrong = list(altered(signed))
    if wrong:
        numbers = ", ".join(str(correction.id) for correction in wrong)
        raise Altered(f"Not what was signed: correction {numbers}. Compare with the audit trail and a back-up.")
    click.echo(f"{len(signed)} signatures, and each fits what was signed.")


def _admitted(email: str, study: str) -> tuple[User, Scope]:
    user = find_user(email)
    if not user.active:
        raise Forbidden(f"{user.email} works here no longer.")
    return user, admit(user, study, Permission.CORRECT)


def _line(correction: Correction) -> str:
    assessment = correction.response.assessment
    if correction.item is None:
        what = "void the response"
    else:
        old, new = _shown(correction.previous_value), _shown(correction.proposed_value)
        what = f"{correction.instrument}.{correction.item}: {old} -> {new}"
    outcome = correction.outcome.value if correction.outcome else "open"
    return f"{correction.id:>6}  {assessment.participant.code:<10} {assessment.visit:<8} {outcome:<8}  {what}"


def _shown(value: str | None) -> str:
    """A value on one line, without a control of the terminal."""
    return "nothing" if value is None else " ".join(cleaned(value).split())
