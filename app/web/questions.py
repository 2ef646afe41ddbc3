"""What a page asks, ready to be drawn: one `Question` per instrument item, or per list of ticks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from markupsafe import Markup

from app.instruments import Instrument, Item, Wording
from app.instruments.conditions import NEVER, Condition, Several
from app.instruments.model import TICKED, TOGETHER, ItemGroup, ItemType
from app.web.language import day_as_said, day_words, gettext

QUESTION_KINDS = {ItemType.YESNO: "choice", ItemType.RANK: "choice"}
"""Types of items that are drawn as another kind."""


@dataclass(frozen=True)
class Tick:
    """One line of a list of ticks."""

    field: str
    label: str
    exclusive: bool


@dataclass(frozen=True)
class LegendPart:
    """Words of a question, or where `field` is named its answer: one of `choices`, or what was typed."""

    text: str
    field: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""

    def said(self, values: Mapping[str, str]) -> str:
        """What stands there with these answers."""
        given = values.get(self.field, "").strip()
        return dict(self.choices).get(given) or (f"{given} {self.unit}".strip() if given else self.text)


@dataclass(frozen=True)
class MatrixRow:
    """One item of a matrix."""

    field: str
    label: str
    safety: bool
    optional: bool


@dataclass(frozen=True)
class Question:
    """One fieldset. `field` is `instrument.item`; a list of ticks has its items' fields in `ticks`, a matrix in `rows`.

    `drawing` is the markup of a body map, `pictures` the addresses of pictures by the code of their choice; `marks`
    stand at a scale, the highest first. Where an earlier answer stands in the legend, `parts` are its pieces.

    `when` is for the script (`sick_leave.employed=1`), `note` says the same in words to a reader without it. `fresh` is
    false where group and recall period are those of the question before. Of a date, `first` and `last` are the days
    that it may be (ISO 8601), `between` says them in words,
    and `said` how any day is said.
    """

    field: str
    kind: str
    legend: str
    help: str = ""
    group: str = ""
    recall: str = ""
    fresh: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    ticks: tuple[Tick, ...] = ()
    rows: tuple[MatrixRow, ...] = ()
    parts: tuple[LegendPart, ...] = ()
    drawing: Markup | None = None
    pictures: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    low: str = ""
    high: str = ""
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    decimals: int = 0
    max_length: int = 0
    first: str = ""
    last: str = ""
    between: str = ""
    said: tuple[str, str] = ("", "")
    when: str = ""
    note: str = ""
    optional: bool = False
    safety: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        lines: tuple[Tick | MatrixRow, ...] = (*self.ticks, *self.rows)
        return tuple(line.field for line in lines) or (self.field,)

    @property
    def longest(self) -> int:
        """How many signs the number of a scale has at most, and one that was typed wrong a little more."""
        return max(4, *(len(str(end)) for end in (self.minimum, self.maximum)))

    def picture(self, code: str) -> str:
        """The address of the picture of a choice."""
        return dict(self.pictures)[code]

    @property
    def is_rich(self) -> bool:
        """Whether its page needs the style and the script that most pages do without."""
        return bool(self.rows or self.parts or self.drawing or self.pictures or self.marks)


@dataclass(frozen=True)
class Section:
    """One instrument on the page."""

    code: str
    title: str
    instruction: str
    demonstration: bool
    questions: tuple[Question, ...]


def section(instrument: Instrument, language: str, on: date | None = None) -> Section:
    """An instrument in the words of `language`, asked on this day; without dates made once a wording."""
    made = _undated(instrument, language)
    dates = {f"{instrument.code}.{item.code}": item for item in instrument.items if item.type is ItemType.DATE}
    if on is None or not dates:
        return made
    questions = (
        _dated(question, *dates[question.field].dates(on), language) if question.field in dates else question
        for question in made.questions
    )
    return replace(made, questions=tuple(questions))


def _dated(question: Question, first: date, last: date, language: str) -> Question:
    ends = {"first": day_as_said(first, language), "last": day_as_said(last, language)}
    between = gettext("Choose a date from %(first)s to %(last)s.", **ends)
    return replace(question, first=first.isoformat(), last=last.isoformat(), between=between, said=day_words(language))


def _undated(instrument: Instrument, language: str) -> Section:
    words = instrument.wording(language)
    key = (instrument.code, language, words.sha256, instrument.structure_sha256)
    if key not in _made:
        questions = tuple(_fresh(_questions(instrument, words)))
        _made[key] = Section(instrument.code, words.title, words.instruction, words.demonstration, questions)
    return _made[key]


_made: dict[tuple[str, str, str, str], Section] = {}


def _fresh(questions: Iterator[Question]) -> Iterator[Question]:
    before = None
    for question in questions:
        heading = (question.group, question.recall)
        yield replace(question, fresh=heading != before)
        before = heading


def _questions(instrument: Instrument, words: Wording) -> Iterator[Question]:
    drawn = [item for item in instrument.items if item.when != NEVER]
    together = {group.code: group for group in instrument.groups if group.layout in TOGETHER}
    for code, items in groupby(drawn, lambda item: item.group if item.group in together else None):
        group = together.get(code or "")
        if group is None:
            yield from (_question(instrument, words, item) for item in items)
        elif group.layout in TICKED:
            yield _ticks(instrument, words, group, list(items))
        else:
            yield _matrix(instrument, words, group, list(items))


def _matrix(instrument: Instrument, words: Wording, group: ItemGroup, items: list[Item]) -> Question:
    safety = {each.item for each in instrument.safety_items}
    texts = {item: words.item(item.code).text for item in items}
    rows = (
        MatrixRow(f"{instrument.code}.{item.code}", text, item.code in safety, not item.required)
        for item, text in texts.items()
    )
    return Question(
        field=f"{instrument.code}.{group.code}",
        kind="matrix",
        legend=words.groups[group.code],
        recall=words.recall,
        rows=tuple(rows),
        choices=_choices(items[0], words.item(items[0].code).options),
        optional=not any(item.required for item in items),
        when=_when(instrument, items[0]),
        note=_note(instrument, words, items[0]),
        safety=any(item.code in safety for item in items),
    )


def _drawing(instrument: Instrument, group: ItemGroup) -> Markup | None:
    """The markup of its body map, for the eye: what is read aloud and reached by keys are the boxes below."""
    picture = instrument.pictures.get(group.picture or "")
    if picture is None:
        return None
    drawn = picture.content.replace("<svg ", '<svg aria-hidden="true" ', 1)
    return Markup(drawn)  # noqa: S704  # nosec B704 - `pictures` made it of shapes and plain colours alone


def _ticks(instrument: Instrument, words: Wording, group: ItemGroup, items: list[Item]) -> Question:
    lines = tuple(Tick(f"{instrument.code}.{item.code}", words.item(item.code).text, item.exclusive) for item in items)
    optional = not any(item.required for item in items)
    return Question(
        field=f"{instrument.code}.{group.code}",
        kind="ticks",
        legend=words.groups[group.code],
        recall=words.recall,
        ticks=lines,
        drawing=_drawing(instrument, group),
        optional=optional,
        when=_when(instrument, items[0]),
        note=_note(instrument, words, items[0]),
    )


def _question(instrument: Instrument, words: Wording, item: Item) -> Question:
    text = words.item(item.code)
    return Question(
        field=f"{instrument.code}.{item.code}",
        kind=QUESTION_KINDS.get(item.type, str(item.type)),
        legend=text.text,
        parts=tuple(_part(instrument, words, part, code) for part, code in text.parts),
        help=text.help,
        group=words.groups.get(item.group or "", ""),
        recall=text.recall or words.recall,
        choices=_choices(item, text.options),
        low=text.low,
        high=text.high,
        unit=text.unit,
        pictures=tuple((str(code), instrument.pictures[name].uri) for code, name in item.pictures),
        marks=tuple((mark, text.marks[mark]) for mark in reversed(item.marks)),
        minimum=item.minimum,
        maximum=item.maximum,
        decimals=item.decimals,
        max_length=item.max_length,
        when=_when(instrument, item),
        note=_note(instrument, words, item),
        optional=not item.required,
        safety=any(safety.item == item.code for safety in instrument.safety_items),
    )


def _part(instrument: Instrument, words: Wording, text: str, code: str) -> LegendPart:
    if not code:
        return LegendPart(text)
    shown, item = words.item(code), instrument.item(code)
    return LegendPart(shown.unanswered, f"{instrument.code}.{code}", _choices(item, shown.options), shown.unit)


def _choices(item: Item, texts: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """What is chosen from, as a form sends it and as it reads; the cells of a rating scale read as they are."""
    if item.rated:
        return tuple((str(number), str(number)) for number in item.rated)
    if item.type is ItemType.RANK:
        return tuple((str(place), str(place)) for place in item.codes)
    return tuple((str(code), text) for code, text in texts.items())


def _when(instrument: Instrument, item: Item) -> str:
    if item.when is None:
        return ""
    joint = "|" if isinstance(item.when, Several) and item.when.any_of else "&"
    return joint.join(_test(instrument, part) for part in item.when.parts if not part.visit)


def _test(instrument: Instrument, condition: Condition) -> str:
    tests = "".join(f"{sign}{bound}" for sign, bound in condition.bounds)
    return f"{instrument.code}.{condition.item}{tests}"


def _note(instrument: Instrument, words: Wording, item: Item) -> str:
    """For readers without the script: when to answer."""
    if item.when is None:
        return ""
    notes = [_note_of(instrument, words, part) for part in item.when.parts if not part.visit]
    if len(notes) > 1 and isinstance(item.when, Several) and item.when.any_of:
        return " ".join([gettext("Answer this if one of the following fits."), *notes])
    return " ".join(notes)


def _note_of(instrument: Instrument, words: Wording, condition: Condition) -> str:
    decider = words.item(condition.item)
    if instrument.item(condition.item).type is ItemType.TICKS:
        return gettext("Only if you ticked “%(answer)s”.", answer=decider.text)
    fitting = [text for code, text in decider.options.items() if condition.holds(code)]
    if not decider.options:
        fitting = [f"{sign} {bound}" for sign, bound in condition.bounds]
    answers = gettext("” or “").join(fitting)
    return gettext("Only if you answered “%(answers)s” to “%(question)s”.", answers=answers, question=decider.text)
