"""What `flask instrument` prints of a questionnaire: in a list, whole, proved, scored."""

from collections.abc import Iterable, Iterator, Sequence

from app.instruments import ComputedScore, Instrument
from app.instruments.overview import AskedItem, Description, Row
from app.instruments.proving import Proof
from app.instruments.walking import Way


def listed_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Two lines for each questionnaire."""
    for row in rows:
        words = ", ".join(f"{code} {kind}" for code, kind in row.wordings.items())
        yield f"{row.code:20} {row.n_items:3} items  {row.title}"
        yield f"{'':20} version {row.version}; scores {', '.join(row.scores) or 'none'}; words: {words}"


def described_lines(description: Description) -> Iterator[str]:
    """All that a questionnaire asks, and under which terms."""
    yield f"{description.row.title} ({description.row.code}, version {description.row.version})"
    if description.demonstration:
        yield "DEMONSTRATION WORDING, not the instrument's own words"
    yield f"{description.instruction}\n{description.recall}".rstrip()
    heading = ""
    for question in description.questions:
        if question.heading and question.heading != heading:
            yield f"\n{question.heading}"
        heading = question.heading
        yield from _asked(question)
    yield from (f"Rule {line}" for line in description.rules)
    yield from (f"Safety item {line}" for line in description.safety)
    yield f"\nLicence: {description.row.licence}. {description.terms}\nWording {description.wording_sha256}"


def _asked(question: AskedItem) -> Iterator[str]:
    notes = ", ".join(filter(None, ["" if question.required else "may stay empty", question.asked_when]))
    yield f"\n{question.code} ({question.type}{', ' + notes if notes else ''}): {question.text}"
    yield from (f"  {code:>3} {text}" for code, text in question.answers)


def walked_lines(ways: Sequence[Way]) -> Iterator[str]:
    """Each way through a questionnaire: the answers that decide, and what is asked then."""
    yield f"{len(ways)} ways through it" if len(ways) > 1 else "One way through it"
    for way in ways:
        decided = ", ".join(f"{code} {said}" for code, said in way.decided)
        yield f"\n{decided or 'whatever is answered'}:\n  {', '.join(way.items)}"


def proof_lines(instrument: Instrument, proof: Proof) -> Iterator[str]:
    """What was tried, and of how few answers each score is given."""
    words = ", ".join(instrument.languages)
    yield f"{instrument.code} {instrument.version}: {len(instrument.items)} items, words in {words}"
    if not instrument.scores:
        yield "  no scores"
        return
    yield f"  {proof.vectors} example vectors and {proof.patterns} patterns of answers tried"
    yield from (f"  {name}: given from {fewest} answers on, of {most}" for name, fewest, most in proof.needed)


def score_line(result: ComputedScore) -> str:
    """One score, with its rule or the reason why there is none."""
    name = f"{result.name} [{result.value_set}]" if result.value_set else result.name
    unit = f" {result.unit}" if result.unit else ""
    value = f"none ({result.reason})" if result.value is None else f"{result.value}{unit}"
    return f"{name} = {value}   {result.n_answered} answered; {result.rule}; scorer {result.scorer_version}"
