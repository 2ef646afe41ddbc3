"""What there is to know of the questionnaires, as plain rows for a command or a page to print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.instruments.date_bounds import EARLIEST, LATEST
from app.instruments.library import instrument
from app.instruments.model import YESNO, Instrument, Item, ItemType
from app.instruments.numerals import hours_and_minutes
from app.instruments.wording import Wording


@dataclass(frozen=True, slots=True)
class Row:
    """One instrument in a list. `wordings` says for each language: own or original, or demonstration."""

    code: str
    title: str
    version: str
    n_items: int
    scores: tuple[str, ...]
    wordings: Mapping[str, str]
    licence: str


@dataclass(frozen=True, slots=True)
class AskedItem:
    """One item as it is asked: the heading of its group, its answers with their codes, and when it is asked."""

    code: str
    type: str
    heading: str
    text: str
    answers: tuple[tuple[str, str], ...]
    required: bool
    asked_when: str


@dataclass(frozen=True, slots=True)
class Description:
    """One instrument whole, in one language."""

    row: Row
    language: str
    instruction: str
    recall: str
    demonstration: bool
    wording_sha256: str
    questions: tuple[AskedItem, ...]
    safety: tuple[str, ...]
    rules: tuple[str, ...]
    terms: str
    sources: tuple[str, ...]


def listed(questionnaires: Iterable[Instrument], language: str) -> tuple[Row, ...]:
    """A row for each; one that has no words in `language` is listed in its own first one."""
    return tuple(_row(each, language if language in each.languages else each.languages[0]) for each in questionnaires)


def described(of: Instrument | str, language: str) -> Description:
    """One instrument; raises `UnknownInstrument` or `UnknownLanguage`."""
    questionnaire = instrument(of) if isinstance(of, str) else of
    wording = questionnaire.wording(language)
    return Description(
        row=_row(questionnaire, language),
        language=language,
        instruction=wording.instruction,
        recall=wording.recall,
        demonstration=wording.demonstration,
        wording_sha256=wording.sha256,
        questions=tuple(_question(item, wording) for item in questionnaire.items),
        safety=tuple(f"{each.item} from {each.at_least}: {each.topic}" for each in questionnaire.safety_items),
        rules=tuple(f"{rule.item}: {wording.rules[rule.code]}" for rule in questionnaire.rules),
        terms=f"{questionnaire.licence.terms} {questionnaire.licence.language(language).note}",
        sources=questionnaire.sources,
    )


def _row(questionnaire: Instrument, language: str) -> Row:
    return Row(
        code=questionnaire.code,
        title=questionnaire.title(language),
        version=questionnaire.version,
        n_items=len(questionnaire.items),
        scores=tuple(each.name for each in questionnaire.scores),
        wordings={each: _kind(questionnaire.wording(each)) for each in questionnaire.languages},
        licence=questionnaire.licence.holder,
    )


def _kind(wording: Wording) -> str:
    return "demonstration" if wording.demonstration else "full"


def _question(item: Item, wording: Wording) -> AskedItem:
    return AskedItem(
        code=item.code,
        type=item.type.value,
        heading=wording.groups.get(item.group or "", ""),
        text=wording.item(item.code).text,
        answers=_answers(item, wording),
        required=item.required,
        asked_when=str(item.when or ""),
    )


def _answers(item: Item, wording: Wording) -> tuple[tuple[str, str], ...]:
    words = wording.item(item.code)
    if item.type is ItemType.CHOICE:
        return tuple((str(option.code), words.options[option.code]) for option in item.options)
    if item.type is ItemType.YESNO:
        return tuple((str(code), words.options[code]) for code in YESNO)
    if item.type is ItemType.DATE:
        return ((str(item.earliest or EARLIEST), "first day"), (str(item.latest or LATEST), "last day"))
    if item.minimum is None or item.maximum is None:
        return ()
    if item.type is ItemType.DURATION:
        return tuple((str(bound), f"minutes, {hours_and_minutes(bound)}") for bound in (item.minimum, item.maximum))
    return ((str(item.minimum), words.low or words.unit), (str(item.maximum), words.high or words.unit))
