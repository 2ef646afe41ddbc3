"""`flask messages`: what will go out, and single texts cancelled, brought forward, sent anew, or all held."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli import who
from app.config import current_settings
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import NotFound
from app.core.time import now
from app.messages import breaker
from app.messages.outlook import forecast
from app.messages.queueing import coordinating
from app.messages.queueing.pausing import refuse_while_paused
from app.participants.enrolment import find
from app.schedule.models import Assessment
from app.studies.installing import study as find_study
from app.studies.models import Study
from app.studies.states import Act, states_that

group = AppGroup("messages", help="Texts to patients.")


def in_words(_: click.Context, __: click.Parameter, value: str) -> str:
    """A reason that says something."""
    if not value.strip():
        raise click.BadParameter("say why, in a few words.")
    return value.strip()


@group.command()
@click.argument("study", default="")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366))
def upcoming(study: str, days: int) -> None:
    """Exactly what will go out, to whom, when (their local time), and why; of STUDY, or of every study."""
    every = select(Study).where(Study.state.in_(states_that(Act.TEXT))).order_by(Study.code)
    for chosen in [find_study(study)] if study else db.session.scalars(every).all():
        _upcoming(chosen, days)
    for because in breaker.halts():
        click.echo(f"Held back now: {because}.")


def _upcoming(study: Study, days: int) -> None:
    texts = forecast.upcoming(study, now(), days)
    for text in texts:
        click.echo(f"{text.local}  {text.participant:<8} {text.visit:<6} {text.kind:<11} {text.why}")
    click.echo(f"{study.code}: {len(texts)} texts in {days} days.")
    for day, count in forecast.over_the_cap(study, texts).items():
        click.echo(f"{day}: {count} texts are more than the daily cap; the others wait until the next day.")


@group.command()
@click.argument("study")
@click.argument("participant")
@click.argument("visit")
@click.argument("kind")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def cancel(study: str, participant: str, visit: str, kind: str, reason: str) -> None:
    """Do not send this text."""
    with acting(who.person(), reason), transaction():
        coordinating.cancel(_visit(study, participant, visit), coordinating.prompt_named(kind), now())
    click.echo("It will not be sent.")


@group.command("bring-forward")
@click.argument("study")
@click.argument("participant")
@click.argument("visit")
@click.argument("kind")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def bring_forward(study: str, participant: str, visit: str, kind: str, reason: str) -> None:
    """Send this text as soon as quiet hours allow."""
    with acting(who.person(), reason), transaction():
        assessment = _visit(study, participant, visit)
        coordinating.check_leaves(assessment.participant, real=current_settings().texts_are_real)
        coordinating.bring_forward(assessment, coordinating.prompt_named(kind), now())
    click.echo("It leaves as soon as it may.")


@group.command()
@click.argument("study")
@click.argument("participant")
@click.argument("visit")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def reissue(study: str, participant: str, visit: str, reason: str) -> None:
    """Send a new link; the old one is dead.

    What was answered without a network under the old link comes along when the new one is opened on the same phone.
    """
    with acting(who.person(), reason), transaction():
        assessment = _visit(study, participant, visit)
        coordinating.check_leaves(assessment.participant, real=current_settings().texts_are_real)
        refuse_while_paused(assessment.participant, now())
        coordinating.reissue(assessment, now())
    click.echo("The new link leaves as soon as it may.")


@group.command("test")
@click.argument("study")
@click.argument("participant")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def test_text(study: str, participant: str, reason: str) -> None:
    """Send a text without a link, to see whether the number works."""
    settings, person = current_settings(), find(find_study(study), participant)
    with acting(who.person(), reason), transaction():
        coordinating.check_leaves(person, real=settings.texts_are_real, staff=settings.staff_numbers, test=True)
        coordinating.send_test(person, now())
    click.echo("The test text leaves now.")


@group.command()
@click.option("--because", required=True, callback=in_words, help="What the others are told.")
@who.acting_person
def hold(because: str) -> None:
    """Hold every text back until `flask messages release`."""
    with acting(who.person(), because), transaction():
        breaker.hold(because, now())
    click.echo("Nothing leaves until you say `flask messages release`.")


@group.command()
@who.acting_person
def release() -> None:
    """Let texts leave again that an operator held, or that were too many at once."""
    with acting(who.person()), transaction():
        breaker.release()
        halts = breaker.halts()
    if halts:
        raise click.ClickException(f"Texts are still held back: {'; '.join(halts)}. After a restore: flask ops release")
    click.echo("Texts leave again.")


def _visit(study: str, participant: str, visit: str) -> Assessment:
    person = find(find_study(study), participant)
    query = select(Assessment).where(Assessment.participant_id == person.id, Assessment.visit == visit)
    assessment = db.session.scalar(query)
    if assessment is None:
        raise NotFound(f"{participant} has no visit {visit}.")
    return assessment
