"""`flask study`: where a study stands, and what comes next."""

import click
from flask.cli import AppGroup

from app.cli import who
from app.cli.messages import in_words
from app.config import current_settings
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.ending.practice import people_of, set_practice_aside
from app.responses.going_live import change_state, missing
from app.schedule.links import url
from app.schedule.practising import practise
from app.studies.installing import current_protocol
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study
from app.studies.models import Study, StudyState
from app.studies.protocol import Protocol
from app.studies.states import MAY, MEANING, NEXT, Act

group = AppGroup("study", help="Where a study stands, and what comes next.")


@group.command("show")
@click.argument("study")
def show(study: str) -> None:
    """Say what STUDY may do in its state, and what each state that may follow still asks for."""
    row = find_study(study)
    click.echo(f"{row.code} is {MEANING[row.state]}.")
    for act in Act:
        click.echo(f"  {'may' if act in MAY[row.state] else 'may not':<8} {act}")
    for state in NEXT[row.state]:
        _lacks(row, state)


@group.command("state")
@click.argument("study")
@click.argument("state", type=click.Choice([state.value for state in StudyState]))
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def change(study: str, state: str, reason: str) -> None:
    """Put STUDY in another state; all that is missing for it is said at once."""
    with acting(who.person(), reason), transaction():
        row = find_study(study)
        change_state(row, StudyState(state))
        meaning = MEANING[row.state]
    click.echo(f"{study} is {meaning}.")


@group.command("set-aside")
@click.argument("study")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def set_aside(study: str, reason: str) -> None:
    """Put the practice of STUDY, and everybody who was made up for it, into a study of their own."""
    with acting(who.person(), reason), transaction():
        aside = set_practice_aside(find_study(study), now())
        done = f"{people_of(aside)} people of the practice are in {aside.code} now. {study} has none."
    click.echo(done)


@group.command("practice-link")
@click.argument("study")
@click.argument("visit")
@click.option(
    "--site", "at", default="", help="Whose sender and telephone the page shows; else the first that asks it."
)
@click.option("--language", default="", help="In which the page speaks first; else the site's.")
@who.acting_person
def practice_link(study: str, visit: str, at: str, language: str) -> None:
    """Print a link that opens VISIT of STUDY as a patient sees it; only before the study goes live."""
    with acting(who.person(), "to practise"), transaction():
        row = find_study(study)
        protocol = current_protocol(row)
        where = find_site(row, at or _first_site(protocol.plan, visit))
        assessment = practise(where, protocol, visit, language, now())
        made = url(assessment, current_settings().public_base_url)
        ends = f"{assessment.participant.code} was made up for it; it opens until {assessment.grace_until:%Y-%m-%d}."
    click.echo(made)
    click.echo(ends, err=True)


def _first_site(plan: Protocol, code: str) -> str:
    """The first site where this visit is asked, or the first of all."""
    only = plan.visit(code).sites if plan.has_visit(code) else ()
    return next(site.code for site in plan.sites if not only or site.code in only)


def _lacks(study: Study, state: StudyState) -> None:
    lacking = missing(study, state)
    click.echo(f"  {state}: {'nothing is missing' if not lacking else ''}".rstrip())
    for what, remedy in lacking.items():
        click.echo(f"    {what}: {remedy}")
