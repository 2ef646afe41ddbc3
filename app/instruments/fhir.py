"""The FHIR R4 `Questionnaire` of an instrument in one language, as a plain dictionary.

Choices and rating scales carry their codes as ordinal values, so that a score can be computed from a response. A list
of ticks is one question with several answers, each worth 1, and an exclusive one worth 0 ("none of these").
"""

from collections.abc import Iterator
from typing import Any

from app.instruments.conditions import Condition, Several, When
from app.instruments.model import SCALES, TICKED, Instrument, Item, ItemType
from app.instruments.wording import Wording

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
EXCLUSIVE = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive"
CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"
MINIMUM = "http://hl7.org/fhir/StructureDefinition/minValue"
MAXIMUM = "http://hl7.org/fhir/StructureDefinition/maxValue"
LOINC = "http://loinc.org"
OWN_SYSTEM = "urn:svar:instrument"
FHIR_TYPES = {
    ItemType.CHOICE: "choice",
    ItemType.NRS: "choice",
    ItemType.VAS: "integer",
    ItemType.YESNO: "boolean",
    ItemType.NUMBER: "integer",
    ItemType.TEXT: "text",
    ItemType.DATE: "date",
    ItemType.TIME: "time",
    ItemType.DURATION: "integer",
    ItemType.RANK: "integer",
}

Json = dict[str, Any]


def questionnaire(instrument: Instrument, language: str) -> Json:
    """The resource. Its version names the wording too; its copyright says when the words are a demonstration."""
    wording = instrument.wording(language)
    resource: Json = {
        "resourceType": "Questionnaire",
        "url": f"{OWN_SYSTEM}:{instrument.code}",
        "version": f"{instrument.version}+{wording.sha256[:12]}",
        "name": instrument.code.title().replace("_", ""),
        "title": wording.title,
        "status": "draft" if wording.demonstration else "active",
        "subjectType": ["Patient"],
        "language": language,
        "copyright": _copyright(instrument, wording),
    }
    if instrument.loinc:
        resource["code"] = [{"system": LOINC, "code": instrument.loinc}]
    instruction = {"linkId": "instruction", "type": "display", "text": wording.instruction}
    return {**resource, "item": [instruction, *_items(instrument, wording)]}


def _copyright(instrument: Instrument, wording: Wording) -> str:
    words = f"Demonstration wording: {wording.source}" if wording.demonstration else wording.source
    return f"{instrument.licence.holder}. {instrument.licence.terms} {words}"


def _items(instrument: Instrument, wording: Wording) -> Iterator[Json]:
    """The questions; those of one group stand in it, where the first of them stands."""
    groups = {group.code: group for group in instrument.groups}
    begun: set[str] = set()
    for item in instrument.items:
        if item.group is None:
            yield _question(instrument, item, wording)
        elif item.group not in begun:
            begun.add(item.group)
            ticks = groups[item.group].layout in TICKED
            yield _ticks(instrument, item.group, wording) if ticks else _group(instrument, item.group, wording)


def _group(instrument: Instrument, code: str, wording: Wording) -> Json:
    questions = [_question(instrument, item, wording) for item in instrument.in_group(code)]
    return {"linkId": code, "type": "group", "text": wording.groups[code], "item": questions}


def _ticks(instrument: Instrument, code: str, wording: Wording) -> Json:
    items = instrument.in_group(code)
    return {
        "linkId": code,
        "type": "choice",
        "text": wording.groups[code],
        "repeats": True,
        "required": any(item.required for item in items),
        "extension": [_control("check-box")],
        "answerOption": [_tick(instrument, item, wording) for item in items],
    }


def _tick(instrument: Instrument, item: Item, wording: Wording) -> Json:
    text = wording.item(item.code).text
    option = _option(_coding(instrument, None, item.code), text, 0 if item.exclusive else 1)
    if item.exclusive:
        option["extension"] = [{"url": EXCLUSIVE, "valueBoolean": True}]
    return option


def _question(instrument: Instrument, item: Item, wording: Wording) -> Json:
    question: Json = {
        "linkId": item.code,
        "type": "decimal" if item.decimals else FHIR_TYPES[item.type],
        "text": _text(item, wording),
        "required": item.required,
    }
    if item.loinc:
        question["code"] = [{"system": LOINC, "code": item.loinc}]
    if item.when and (enabling := _enabling(instrument, item.when)):
        question["enableWhen"], question["enableBehavior"] = enabling
    if item.type is ItemType.TEXT:
        question["maxLength"] = item.max_length
    if options := list(_options(instrument, item, wording)):
        question["answerOption"] = options
    if extensions := list(_limits(item)):
        question["extension"] = extensions
    return question


def _text(item: Item, wording: Wording) -> str:
    words = wording.item(item.code)
    text = f"{words.text} ({words.unit})" if words.unit else words.text
    if item.type is ItemType.VAS:
        between = "".join(f"{mark} = {said}; " for mark, said in words.marks.items() if said != str(mark))
        return f"{text} {item.minimum} = {words.low}; {between}{item.maximum} = {words.high}"
    return text


def _options(instrument: Instrument, item: Item, wording: Wording) -> Iterator[Json]:
    words = wording.item(item.code)
    if item.type is ItemType.CHOICE:
        texts = {option.code: words.options[option.code] for option in item.options}
        yield from (_option(_coding(instrument, item, str(code)), text, code) for code, text in texts.items())
    if item.rated:
        ends = {item.minimum: f"{item.minimum} {words.low}", item.maximum: f"{item.maximum} {words.high}"}
        coded = ((code, _coding(instrument, item, str(code))) for code in item.rated)
        yield from (_option(coding, ends.get(code, str(code)), code) for code, coding in coded)


def _option(coding: Json, display: str, ordinal: int) -> Json:
    """The ordinal value is an extension of the coding, as R4 has it."""
    extension = [{"url": ORDINAL, "valueDecimal": ordinal}]
    return {"valueCoding": {"extension": extension, **coding, "display": display}}


def _limits(item: Item) -> Iterator[Json]:
    if item.type in SCALES:
        yield _control("slider" if item.type is ItemType.VAS else "radio-button")
    if item.type in (ItemType.VAS, ItemType.NUMBER, ItemType.DURATION):
        kind = "valueDecimal" if item.decimals else "valueInteger"
        yield {"url": MINIMUM, kind: item.minimum}
        yield {"url": MAXIMUM, kind: item.maximum}
    if item.earliest and item.earliest.day:
        yield {"url": MINIMUM, "valueDate": item.earliest.day.isoformat()}
    if item.latest and item.latest.day:
        yield {"url": MAXIMUM, "valueDate": item.latest.day.isoformat()}


def _control(code: str) -> Json:
    return {"url": CONTROL, "valueCodeableConcept": {"coding": [{"system": CONTROLS, "code": code}]}}


def _enabling(instrument: Instrument, when: When) -> tuple[list[Json], str] | None:
    """The lines and how they are joined; None where FHIR's one joint does not say it: then it is always asked."""
    if any(part.visit for part in when.parts):
        return None
    lines = [list(_enable(instrument, part)) for part in when.parts]
    together = len(lines) > 1 and not (isinstance(when, Several) and when.any_of)
    if together and any(len(each) > 1 for each in lines):
        return None
    return [line for each in lines for line in each], "all" if together else "any"


def _enable(instrument: Instrument, condition: Condition) -> Iterator[Json]:
    """One line for each answer that leads on; a number has one bound."""
    decider = instrument.item(condition.item)
    if decider.type is ItemType.TICKS:
        yield _when(decider.group or "", "=", "answerCoding", _coding(instrument, None, decider.code))
    elif decider.type is ItemType.YESNO:
        yield _when(decider.code, "=", "answerBoolean", condition.holds(1))
    elif decider.type is ItemType.CHOICE:
        codes = [option.code for option in decider.options if condition.holds(option.code)]
        yield from (_when(decider.code, "=", "answerCoding", _coding(instrument, decider, str(code))) for code in codes)
    else:
        answer = "answerDecimal" if decider.decimals else "answerInteger"
        yield from (_when(decider.code, sign, answer, bound) for sign, bound in condition.bounds)


def _when(question: str, operator: str, kind: str, answer: object) -> Json:
    return {"question": question, "operator": operator, kind: answer}


def _coding(instrument: Instrument, item: Item | None, code: str) -> Json:
    """A code of an item's answers, or (without an item) of a list of ticks."""
    system = f"{OWN_SYSTEM}:{instrument.code}"
    return {"system": f"{system}:{item.code}" if item else system, "code": code}
