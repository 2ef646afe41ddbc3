"""`flask instruments`: the questionnaires that ship, what they ask, and what answers score."""

import json

import click
from flask.cli import AppGroup

from app.core.time import now
from app.instruments import ComputedScore, instrument, score
from app.instruments.answer_reading import read_json
from app.instruments.fhir import questionnaire
from app.instruments.overview import AskedItem, described, listed
from app.responses.value_sets import named

group = AppGroup("instruments", help="The questionnaires, and their scoring.")
LANGUAGE = click.option("--language", default="en", show_default=True, help="In the words of this language.")


@group.command("list")
@LANGUAGE
def list_(language: str) -> None:
    """Every instrument: code, items, scores, wordings."""
    rows = listed(language)
    for row in rows:
        words = ", ".join(f"{code} {kind}" for code, kind in row.wordings.items())
        click.echo(f"{row.code:20} {row.n_items:3} items  {row.title}")
        click.echo(f"{'':20} version {row.version}; scores {', '.join(row.scores) or 'none'}; words: {words}")


@group.command()
@click.argument("code")
@LANGUAGE
def show(code: str, language: str) -> None:
    """What CODE asks, with the code of each answer, and under which terms."""
    description = described(code, language)
    click.echo(f"{description.row.title} ({code}, version {description.row.version})")
    if description.demonstration:
        click.echo("DEMONSTRATION WORDING, not the instrument's own words")
    click.echo(f"{description.instruction}\n{description.recall}".rstrip())
    for question in description.questions:
        _show(question)
    for line in description.safety:
        click.echo(f"Safety item {line}")
    click.echo(f"\nLicence: {description.row.licence}. {description.terms}\nWording {description.wording_sha256}")


def _show(question: AskedItem) -> None:
    notes = ", ".join(filter(None, ["" if question.required else "may stay empty", question.asked_when]))
    click.echo(f"\n{question.code} ({question.type}{', ' + notes if notes else ''}): {question.text}")
    for code, text in question.answers:
        click.echo(f"  {code:>3} {text}")


@group.command("score")
@click.argument("code")
@click.option("--answers", required=True, help='One JSON object, such as {"leg": 7}.')
@click.option("--value-set", "value_sets", multiple=True, help="For EQ-5D-5L; may be given several times.")
def score_(code: str, answers: str, value_sets: tuple[str, ...]) -> None:
    """The scores of these answers, with rule and reason."""
    sets = [named(name) for name in value_sets] or None
    scores = score(code, read_json(code, answers), sets, on=now().date())
    if not scores:
        click.echo(f"{code} has no score.")
    for each in scores:
        click.echo(_line(each))


def _line(result: ComputedScore) -> str:
    name = f"{result.name} [{result.value_set}]" if result.value_set else result.name
    unit = f" {result.unit}" if result.unit else ""
    value = f"none ({result.reason})" if result.value is None else f"{result.value}{unit}"
    return f"{name} = {value}   {result.n_answered} answered; {result.rule}; scorer {result.scorer_version}"


@group.command()
@click.argument("code")
@LANGUAGE
def fhir(code: str, language: str) -> None:
    """CODE as a FHIR R4 Questionnaire with ordinal values."""
    resource = questionnaire(instrument(code), language)
    click.echo(json.dumps(resource, ensure_ascii=False, indent=2))
