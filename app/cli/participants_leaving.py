"""`flask participants withdraw | undo-withdrawal | consent | transfer`: who leaves, and who goes on in another way."""

from datetime import datetime

import click

from app.cli import who
from app.cli.messages import in_words
from app.cli.participants import DAY_TYPE, group
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import NotFound
from app.core.time import now
from app.participants import going_on
from app.participants.enrolment import find
from app.participants.grades import LeavingGrade
from app.participants.leaving import coming_departure, leave, undo
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study

GRADES = click.Choice([grade.value for grade in LeavingGrade])
IN_EFFECT = "Nothing of {code} is to come. What is in effect is corrected: flask participants correct --not-withdrawn"
because = click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")


@group.command()
@click.argument("study")
@click.argument("code")
@click.option("--grade", required=True, type=GRADES, help="How far.")
@click.option("--on", type=DAY_TYPE, help="From this day on, which may be to come; today if left out.")
@because
@who.acting_person
def withdraw(study: str, code: str, grade: str, on: datetime | None, reason: str) -> None:
    """CODE of STUDY leaves: wants no texts, no more questionnaires, no further use of her answers, or died."""
    with acting(who.person(), reason), transaction():
        person = find(find_study(study), code)
        leaving = leave(person, LeavingGrade(grade), on.date() if on else None, reason, now())
        done = f"{code}: {leaving.grade}, from {leaving.on} on." + (
            "" if leaving.in_effect_at else " Until then it can be undone: flask participants undo-withdrawal"
        )
    click.echo(done)


@group.command("undo-withdrawal")
@click.argument("study")
@click.argument("code")
@because
@who.acting_person
def undo_withdrawal(study: str, code: str, reason: str) -> None:
    """CODE of STUDY stays after all: what would have taken effect on a day to come does not."""
    with acting(who.person(), reason), transaction():
        leaving = coming_departure(find(find_study(study), code))
        if leaving is None:
            raise NotFound(IN_EFFECT.format(code=code))
        undo(leaving, now())
    click.echo(f"{code} stays.")


@group.command()
@click.argument("study")
@click.argument("code")
@click.option("--document", required=True, help="The version of the consent form.")
@click.option("--on", required=True, type=DAY_TYPE, help="The day on which it was signed.")
@because
@who.acting_person
def consent(study: str, code: str, document: str, on: datetime, reason: str) -> None:
    """CODE of STUDY signed a new version of the consent form."""
    with acting(who.person(), reason), transaction():
        signed = going_on.consent_anew(find(find_study(study), code), document, on.date(), now())
        done = f"{code} signed {signed.document} on {signed.given_on}."
    click.echo(done)


@group.command()
@click.argument("study")
@click.argument("code")
@click.argument("site")
@because
@who.acting_person
def transfer(study: str, code: str, site: str, reason: str) -> None:
    """CODE of STUDY goes on at SITE; the pseudonym stays."""
    with acting(who.person(), reason), transaction():
        row = find_study(study)
        was = going_on.transfer(find(row, code), find_site(row, site), now())
    click.echo(f"{code} goes on at site {site}; it was {was}.")
