"""`flask tasks`: what a person should look at; read, with a reason, as somebody who may, and closed."""

import click
from flask.cli import AppGroup

from app.accounts.models import User
from app.accounts.roles import Permission
from app.accounts.users import find_user
from app.cli.messages import in_words
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import Forbidden
from app.core.time import now
from app.instruments.free_text import cleaned
from app.messages.gathering import Written
from app.messages.receiving import strangers as strangers_of
from app.responses.calling import open_tasks
from app.responses.task_reading import TaskContents, find_task, finish_task, read_task
from app.responses.words import Said
from app.studies.access import Scope, admit

group = AppGroup("tasks", help="What a person should look at.")
whose = click.option(
    "--as", "email", envvar="SVAR_AS", required=True, help="Your e-mail address here: you see what your role may see."
)


@group.command("list")
@click.argument("study")
@whose
def listing(study: str, email: str) -> None:
    """The open tasks of STUDY at your sites, the oldest first."""
    _, scope = _admitted(email, study, Permission.VIEW_PARTICIPANT)
    tasks = open_tasks(scope)
    for task in tasks:
        about = " ".join(filter(None, (task.visit, task.note)))
        click.echo(f"{task.id:>6}  {task.participant.code:<10} {task.created_at:%Y-%m-%d %H:%M}  {task.kind}: {about}")
    click.echo(f"{study}: {len(tasks)} open.")


@group.command()
@click.argument("study")
@click.argument("task", type=int)
@whose
@click.option("--reason", required=True, callback=in_words, help="Why you read it; it goes on the record.")
def read(study: str, task: int, email: str, reason: str) -> None:
    """Show what a task is about: the answers that it names, and what she wrote to us."""
    user, scope = _admitted(email, study, Permission.REVEAL_CONTACT)
    with acting(f"user:{user.id}", reason), transaction():
        contents = read_task(find_task(scope, task), f"user:{user.id}", reason, now())
    for line in _lines(contents):
        click.echo(line)


@group.command()
@click.argument("study")
@click.argument("task", type=int)
@whose
@click.option("--outcome", required=True, help="What was done.")
def done(study: str, task: int, email: str, outcome: str) -> None:
    """Close a task, once all that was written in it is read."""
    user, scope = _admitted(email, study, Permission.RECORD_EVENTS)
    with acting(f"user:{user.id}"), transaction():
        finish_task(find_task(scope, task), f"user:{user.id}", outcome, now())
    click.echo("Closed.")


@group.command()
@click.argument("study")
@whose
def strangers(study: str, email: str) -> None:
    """Numbers that nobody here has and that wrote to us; they are of no site."""
    _, scope = _admitted(email, study, Permission.VIEW_PARTICIPANT)
    waiting = strangers_of.waiting(scope)
    for stranger in waiting:
        click.echo(f"{stranger.id:>6}  {stranger.last_wrote_at:%Y-%m-%d %H:%M}  {stranger.note}")
    click.echo(f"{study}: {len(waiting)} open.")


@group.command("read-stranger")
@click.argument("study")
@click.argument("stranger", type=int)
@whose
@click.option("--reason", required=True, callback=in_words, help="Why you read it; it goes on the record.")
def read_stranger(study: str, stranger: int, email: str, reason: str) -> None:
    """Show the number, and what was written from it."""
    user, scope = _admitted(email, study, Permission.REVEAL_CONTACT)
    with acting(f"user:{user.id}", reason), transaction():
        unknown = strangers_of.find_stranger(scope, stranger)
        contents = strangers_of.read_stranger(unknown, f"user:{user.id}", reason, now())
    click.echo(_shown(contents.phone or "(no key of this service opens the number)"))
    for line in map(_line, contents.texts):
        click.echo(line)


@group.command("done-stranger")
@click.argument("study")
@click.argument("stranger", type=int)
@whose
@click.option("--outcome", required=True, help="What was done.")
def done_stranger(study: str, stranger: int, email: str, outcome: str) -> None:
    """Close what a number that nobody has wrote, once it is read."""
    user, scope = _admitted(email, study, Permission.RECORD_EVENTS)
    with acting(f"user:{user.id}"), transaction():
        unknown = strangers_of.find_stranger(scope, stranger)
        strangers_of.finish_stranger(unknown, f"user:{user.id}", outcome, now())
    click.echo("Closed.")


def _admitted(email: str, study: str, permission: Permission) -> tuple[User, Scope]:
    user = find_user(email)
    if not user.active:
        raise Forbidden(f"{user.email} works here no longer.")
    return user, admit(user, study, permission)


def _shown(words: str) -> str:
    """Words of somebody else's as a terminal may have them: no control of it, and no line that looks like ours."""
    return cleaned(words).replace("\n", "\n    ")


def _lines(contents: TaskContents) -> list[str]:
    lines = [contents.note] if contents.note else []
    lines += [_answer(said) for said in contents.answers]
    return [*lines, *map(_line, contents.texts)]


def _answer(said: Said) -> str:
    corrected = "" if said.corrected is None else f" (corrected since, and signed: {_shown(said.corrected)})"
    others = [f"; also, {each.at:%Y-%m-%d %H:%M} UTC: {_shown(each.answer)}" for each in said.others]
    return f"{said.questionnaire} | {said.question}: {_shown(said.answer)}{corrected}{''.join(others)}"


def _line(text: Written) -> str:
    words = "(no key of this service opens it)" if text.words is None else text.words or "(an empty text)"
    words += " (with a picture or a file, which is not taken in here: ask what it shows)" if text.media else ""
    return f"{text.at:%Y-%m-%d %H:%M} UTC: {_shown(words)}"
