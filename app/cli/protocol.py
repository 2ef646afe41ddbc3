"""`flask protocol`: check, install, simulate and compare protocol files."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli import who
from app.cli.messages import in_words
from app.cli.simulation_report import each_text, summary
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import BadInput, Conflict, NotFound
from app.core.time import now
from app.instruments.folders import folders_beside, read_folder
from app.messages.monitoring.ledger import FIRST_OF_ALL, LAST_OF_ALL
from app.messages.outlook.amending import TextChange, coming_changes, move, others
from app.messages.outlook.never_leaving import never_leaving
from app.messages.outlook.simulation import simulate
from app.participants.enrolment import find
from app.responses.going_live import change_state, refuse_unready
from app.studies.installing import install as install_protocol
from app.studies.installing import study as find_study
from app.studies.models import Protocol as ProtocolRow
from app.studies.models import StudyState
from app.studies.pinning import facts
from app.studies.protocol import Protocol, ProtocolErrors, read_protocol
from app.studies.protocol.difference import difference
from app.studies.protocol.reading import line_of
from app.studies.protocol.text_lengths import costly_texts
from app.studies.states import REAL
from app.web.patient.proof import visit_sizes

group = AppGroup("protocol", help="Protocol files.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say everything that is wrong, with its line."""
    protocol = _read(file)
    for note in (*protocol.notes, *costly_texts(protocol)):
        click.echo(f"Note: {note}")
    for text in never_leaving(protocol):
        line = line_of(file, text.place, protocol.visit_rules[text.place].window.name, text.number)
        click.echo(f"Note: line {line}: {text}")
    click.echo(f"{protocol.study} {protocol.version} is in order: {len(protocol.visits)} visits.")


@group.command()
@click.argument("file", type=FILE)
@click.option("--state", type=click.Choice([state.value for state in StudyState]), help="Of a new study; else setup.")
@who.acting_person
def install(file: Path, state: str | None) -> None:
    """Install FILE as a version of its study."""
    _read(file, installing=True)
    with acting(who.person()), transaction():
        row = install_protocol(file, now(), state=StudyState(state or StudyState.SETUP))
        if state not in (None, row.study.state.value):
            advice = f"Install without --state, then: flask protocol state {row.study.code} {state}"
            raise click.ClickException(f"{row.study.code} is in state {row.study.state.value}. {advice}")
        if row.study.state in REAL:
            refuse_unready(row.study, row.study.state)
        done, plan = f"{row.study.code} has version {row.version}.", row.plan
        sizes = list(visit_sizes(plan, plan.default_language))
    click.echo(done)
    for code, size in sizes:
        click.echo(f"  {code}: {size / 1000:.1f} kB as sent")


@group.command("state")
@click.argument("study")
@click.argument("state", type=click.Choice([state.value for state in StudyState]))
@who.acting_person
def change(study: str, state: str) -> None:
    """Put STUDY in another state, as `flask study state` does."""
    with acting(who.person()), transaction():
        change_state(find_study(study), StudyState(state))
    click.echo(f"{study} is {state}.")


@group.command("simulate")
@click.argument("file", type=FILE)
@click.option("--participants", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--seed", default=1, show_default=True)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="The first possible day 0 (today).")
@click.option("--price", default=0.07, show_default=True, type=click.FloatRange(0, 1000), help="Of one segment.")
@click.option("--list", "every", is_flag=True, help="Every single text, as CSV, instead of the summary.")
def simulate_cohort(
    file: Path, participants: int, seed: int, start: datetime | None, price: float, every: bool
) -> None:
    """Every text of a whole cohort on paper, if nobody answers."""
    first = start.date() if start else now().date()
    if not FIRST_OF_ALL <= first <= LAST_OF_ALL:
        raise BadInput(f"Let day 0 lie between {FIRST_OF_ALL} and {LAST_OF_ALL}.", errors={"start": "out of range"})
    protocol = _read(file)
    texts = simulate(protocol, participants, seed, first)
    never = [] if every else [f"Note: {text}" for text in never_leaving(protocol)]
    click.echo("\n".join([*(each_text(texts) if every else summary(texts, price)), *never]))


@group.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--study", help="Also for each participant of this study: every coming text that would change.")
def diff(old: Path, new: Path, study: str | None) -> None:
    """What an amendment changes, before it is applied."""
    before, after = _read(old), _read(new)
    if before.study != after.study:
        raise Conflict(f"These are protocols of two studies, {before.study} and {after.study}.")
    changes = difference(before, after)
    for change in changes:
        click.echo(str(change))
    if not changes:
        click.echo("Nothing changes.")
    if study:
        _coming(coming_changes(find_study(study), after, now()))


def _coming(changes: list[TextChange]) -> None:
    """Each coming text that would change, in the participant's own time."""
    for change in changes:
        click.echo(str(change))
    people = len({change.participant for change in changes})
    click.echo(f"{len(changes)} coming texts of {people} participants would change (hours of the participants).")


@group.command("move")
@click.argument("study")
@click.argument("version")
@click.argument("participants", nargs=-1)
@click.option("--everybody", is_flag=True, help="All who take part and follow another version.")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def move_participants(study: str, version: str, participants: tuple[str, ...], everybody: bool, reason: str) -> None:
    """Let these participants (or --everybody) follow VERSION from now on."""
    if bool(participants) == everybody:
        raise click.UsageError("Name the participants, or say --everybody.")
    row = db.session.scalar(select(ProtocolRow).filter_by(study_id=find_study(study).id, version=version))
    if row is None:
        raise NotFound(f"{study} has no version {version}.")
    with acting(who.person(), reason), transaction():
        people = others(row) if everybody else [find(find_study(study), code) for code in participants]
        for person in people:
            was = person.protocol.version
            dropped = move(person, row, now())
            click.echo(f"{person.code}: {was} -> {version}" + (f", without {', '.join(dropped)}" if dropped else ""))
    click.echo(f"{len(people)} participants follow {version} from now on.")


def _read(file: Path, *, installing: bool = False) -> Protocol:
    """The protocol; on paper it may also ask the questionnaires that lie beside it and are not installed yet."""
    brought = () if installing else [read_folder(folder).instrument for folder in folders_beside(file)]
    try:
        return read_protocol(file, facts=facts(brought))
    except ProtocolErrors as errors:
        raise click.ClickException(f"{file}:\n{errors}") from None
