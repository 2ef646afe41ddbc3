"""Branching on earlier visits: what is asked now of a patient who answered so then.

`decided` makes of a questionnaire the one that is asked of her: conditions on earlier visits are replaced by whether
they hold. What she did not answer, or no visit asked, is not known, and what is not known leads nowhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from app.instruments.conditions import NEVER, Condition, Several, When
from app.instruments.model import Instrument


def conditions_back(questionnaire: Instrument) -> tuple[Condition, ...]:
    """Each condition on an earlier visit once, in the order of the page."""
    parts = (part for item in questionnaire.branching if item.when for part in item.when.parts if part.visit)
    return tuple(dict.fromkeys(parts))


def fact(condition: Condition) -> str:
    """What of an earlier visit the condition asks for, by name."""
    return f"{condition.visit} {'score ' if condition.is_score else ''}{condition.item}"


def decided(questionnaire: Instrument, facts: Mapping[str, str]) -> Instrument:
    """The questionnaire as it is asked where these facts are known; they stand in its `earlier`."""

    def holds(condition: Condition) -> bool:
        return condition.holds(_number(facts.get(fact(condition))))

    return replace(_decided_by(questionnaire, holds), earlier=MappingProxyType(dict(facts)))


def each_decided(questionnaire: Instrument) -> Iterator[tuple[tuple[tuple[str, str], ...], Instrument]]:
    """The questionnaire of every patient that there may be, with what is true of her earlier visits."""
    conditions = conditions_back(questionnaire)
    for number in range(2 ** min(len(conditions), 8)):
        true = {each: bool(number >> place & 1) for place, each in enumerate(conditions)}
        said = tuple((str(each), "holds" if met else "does not hold, or is not known") for each, met in true.items())
        yield said, _decided_by(questionnaire, true.__getitem__)


def _decided_by(questionnaire: Instrument, holds: Callable[[Condition], bool]) -> Instrument:
    items = tuple(replace(item, when=_left(item.when, holds)) if item.when else item for item in questionnaire.items)
    true = "".join(str(int(holds(each))) for each in conditions_back(questionnaire))
    return replace(questionnaire, items=items, structure_sha256=f"{questionnaire.structure_sha256} {true}")


def _left(when: When, holds: Callable[[Condition], bool]) -> When | None:
    """What is left to be asked of this visit; nothing where it is asked in any case."""
    any_of = isinstance(when, Several) and when.any_of
    back, of_today = [part for part in when.parts if part.visit], tuple(part for part in when.parts if not part.visit)
    if not back:
        return when
    if any_of:
        if any(map(holds, back)):
            return None
        return Several(of_today, any_of=True) if of_today else NEVER
    if not all(map(holds, back)):
        return NEVER
    return Several(of_today) if of_today else None


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
