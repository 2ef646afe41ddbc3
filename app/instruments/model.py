"""What a questionnaire is: items, answer options, licence, scores. Frozen values; the data files become these."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from app.instruments.cdisc_terms import Cdisc, CdiscItem
from app.instruments.conditions import When
from app.instruments.date_bounds import EARLIEST, LATEST, DateBound
from app.instruments.pictures import Picture
from app.instruments.problems import UnknownLanguage
from app.instruments.results import Compute
from app.instruments.scoring_language import Scoring
from app.instruments.wording import Wording

YESNO = (1, 0)  # the codes of "yes" and "no"


class ItemType(StrEnum):
    """How an item is answered."""

    CHOICE = "choice"  # one of the options
    NRS = "nrs"  # numeric rating scale: every whole number between two named ends
    VAS = "vas"  # visual analogue scale with a number
    YESNO = "yesno"  # 1 or 0
    TICKS = "ticks"  # one tick of a group: 1 or 0
    RANK = "rank"  # its place among the items of its group: 1 is the first
    NUMBER = "number"  # a count or an amount, with its unit
    TEXT = "text"
    DATE = "date"  # ISO 8601
    TIME = "time"  # of day, 07:30
    DURATION = "duration"  # in minutes, written as hours and minutes


class Layout(StrEnum):
    """How the items of a group are laid out."""

    LIST = "list"
    GRID = "grid"  # one line an item, one column an answer
    TICKS = "ticks"  # a list of boxes
    RANKING = "ranking"  # each item has a place of its own
    MATRIX = "matrix"  # a grid on one screen; where it is narrow, one item under the other
    BODY_MAP = "body_map"  # a list of boxes below a drawing whose regions tick them


class Better(StrEnum):
    """Which end of a score is the better one."""

    LOWER = "lower"
    HIGHER = "higher"


SCALES = (ItemType.NRS, ItemType.VAS)
TICKED = (Layout.TICKS, Layout.BODY_MAP)
TOGETHER = (*TICKED, Layout.MATRIX)
"""Layouts whose items are one question of the page."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen; its code is what is stored and scored."""

    code: int


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `scale` names the options that it shares with others; `decimals` is how fine a number may be;
    `earliest` and `latest` are the ends of a date; `marks` stand at a scale; `pictures` show options, by code."""

    code: str
    type: ItemType
    options: tuple[Option, ...] = ()
    scale: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    decimals: int = 0
    marks: tuple[int, ...] = ()
    pictures: tuple[tuple[int, str], ...] = ()
    earliest: DateBound | None = None
    latest: DateBound | None = None
    unit: str | None = None
    required: bool = True
    when: When | None = None
    group: str | None = None
    exclusive: bool = False
    max_length: int = 1000
    recall: str | None = None
    label: str | None = None
    cdisc: CdiscItem | None = None
    loinc: str | None = None
    codes: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """What can be chosen, where something can."""
    written: Mapping[str, int] = field(init=False, repr=False, compare=False)
    """The same, by how a page writes it."""

    def __post_init__(self) -> None:
        chosen = YESNO if self.type in (ItemType.YESNO, ItemType.TICKS) else tuple(each.code for each in self.options)
        object.__setattr__(self, "codes", chosen)
        object.__setattr__(self, "written", MappingProxyType({str(code): code for code in chosen}))

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the greatest number that may be answered; of what is no number, noughts."""
        return self.minimum or 0, self.maximum or 0

    @property
    def rated(self) -> range:
        """The cells of a numerical rating scale; of what is none, none."""
        if self.type is not ItemType.NRS or self.minimum is None or self.maximum is None:
            return range(0)
        return range(self.minimum, self.maximum + 1)

    def dates(self, answered_on: date) -> tuple[date, date]:
        """The first and the last day that a date may be, when it is answered on this day."""
        return (self.earliest or EARLIEST).on(answered_on), (self.latest or LATEST).on(answered_on)


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Items that belong together on the page: a shared heading, and how they are laid out.

    Of a list of ticks at least `least` and at most `most` may be chosen; `picture` is what a body map draws.
    """

    code: str
    layout: Layout = Layout.LIST
    picture: str | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class LanguageLicence:
    """What the licence says of the words in one language."""

    original_required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Licence:
    """Who holds the words and what may be done with them; `other` speaks for languages not named."""

    holder: str
    terms: str
    languages: Mapping[str, LanguageLicence]
    other: LanguageLicence
    url: str | None = None

    def language(self, language: str) -> LanguageLicence:
        return self.languages.get(language, self.other)

    def requires_original(self, language: str) -> bool:
        """Whether a live study must use the licence holder's own words in this language."""
        return self.language(language).original_required


@dataclass(frozen=True, slots=True)
class SafetyItem:
    """An answer of `at_least` this code must reach a person at once."""

    item: str
    at_least: int
    topic: str


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What answers must not say together: where `refuses` holds, `item` needs another look, in the wording's words."""

    code: str
    item: str
    refuses: When


@dataclass(frozen=True, slots=True)
class ScoreDefinition:
    """A score that the instrument gives: its range, unit and which direction is better; and how, where data says it."""

    name: str
    minimum: int | None = None
    maximum: int | None = None
    better: Better | None = None
    unit: str | None = None
    loinc: str | None = None
    snomed: str | None = None
    cdisc: CdiscItem | None = None
    scoring: Scoring | None = None
    outcome: str | None = None
    """The score of another questionnaire that this one is a value of too, at other visits."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire: structure, licence, scores and its wordings by language."""

    code: str
    version: str
    items: tuple[Item, ...]
    licence: Licence
    scores: tuple[ScoreDefinition, ...] = ()
    scales: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    groups: tuple[ItemGroup, ...] = ()
    recall: str | None = None
    safety_items: tuple[SafetyItem, ...] = ()
    rules: tuple[AnswerRule, ...] = ()
    cdisc: Cdisc | None = None
    loinc: str | None = None
    sources: tuple[str, ...] = ()
    scorer: str | None = None
    """The Python that computes the scores, by its name, where data cannot say how."""
    scoring_version: str = "1"
    compute: Compute | None = field(default=None, repr=False, compare=False)
    """What the scores' own `scoring` became."""
    wordings: Mapping[str, Wording] = field(default_factory=lambda: MappingProxyType({}))
    pictures: Mapping[str, Picture] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """By the name of their file."""
    sha256: str = ""
    """Of structure and words, as they were read."""
    structure_sha256: str = ""
    """Of the structure alone: items, scores, licence."""
    earlier: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """What was known of earlier visits when it was decided what is asked."""
    by_code: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    texts: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The items that are answered in the patient's own words."""
    ticks: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False)
    """The lines of each list of ticks."""
    branching: tuple[Item, ...] = field(init=False, repr=False, compare=False)
    """The items that are asked after some answers only."""
    looks_back: bool = field(init=False, repr=False, compare=False)
    """Whether what is asked depends on earlier visits; `decided` says of one patient what is."""
    is_ruled: bool = field(init=False, repr=False, compare=False)
    """Whether some answers do not go together."""
    exclusive: tuple[Item, ...] = field(init=False, repr=False, compare=False)
    """The lines that say of a list that nothing of it applies."""

    def __post_init__(self) -> None:
        boxes = [item for item in self.items if item.type is ItemType.TICKS]
        lists = [tuple(box.code for box in boxes if box.group == group.code) for group in self.groups]
        object.__setattr__(self, "by_code", MappingProxyType({item.code: item for item in self.items}))
        object.__setattr__(self, "texts", tuple(item.code for item in self.items if item.type is ItemType.TEXT))
        object.__setattr__(self, "ticks", tuple(lines for lines in lists if lines))
        object.__setattr__(self, "branching", tuple(item for item in self.items if item.when is not None))
        back = any(part.visit for item in self.branching if item.when for part in item.when.parts)
        object.__setattr__(self, "looks_back", back)
        limited = any(group.least or group.most or group.layout is Layout.RANKING for group in self.groups)
        object.__setattr__(self, "is_ruled", bool(self.rules) or limited)
        object.__setattr__(self, "exclusive", tuple(item for item in self.items if item.exclusive))

    @property
    def minimum_may_be_chosen(self) -> bool:
        """Whether a study may choose how many items at least must be answered."""
        return any(score.scoring is not None and score.scoring.missing.adjustable for score in self.scores)

    @property
    def valued(self) -> bool:
        """Whether its scores are made with value sets."""
        return self.scorer == "eq5d5l"

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(self.wordings))

    def item(self, code: str) -> Item:
        return self.by_code[code]

    def in_group(self, group: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.group == group)

    def wording(self, language: str) -> Wording:
        """The words in `language`, or for nynorsk, where there are none, those of bokmål; UnknownLanguage otherwise."""
        wording = self.wordings.get(language) or self.wordings.get({"nn": "nb"}.get(language, ""))
        if wording is None:
            raise UnknownLanguage(self.code, language, self.languages)
        return wording

    def title(self, language: str) -> str:
        return self.wording(language).title

    def with_wording(self, wording: Wording) -> "Instrument":
        """This instrument with another wording (an installed, licensed one) in that wording's language."""
        return replace(self, wordings=MappingProxyType({**self.wordings, wording.language: wording}))

    def ready_for_patients(self, language: str) -> bool:
        """Whether a live study may show it: the licence's own words, or none demanded."""
        return not (self.wording(language).demonstration and self.licence.requires_original(language))
