"""What answers must not say together: limits of a list of ticks, and the questionnaire's own rules."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.instruments.conditions import leads_on
from app.instruments.model import AnswerRule, Instrument, ItemGroup, Layout
from app.instruments.problems import AnswerProblem, Fault

Given = Mapping[str, int | Decimal | str]
"""What was answered and asked."""


def against_rules(questionnaire: Instrument, answers: Given) -> Iterator[AnswerProblem]:
    """Too many or too few of a list, and what the questionnaire refuses."""
    for group in questionnaire.groups:
        if group.least or group.most:
            yield from _against_limits(questionnaire, group, answers)
        if group.layout is Layout.RANKING:
            yield from _same_places(questionnaire, group, answers)
    for rule in questionnaire.rules:
        if leads_on(rule.refuses, lambda condition: condition.holds(answers.get(condition.item))):
            message = f"does not go with what else was answered ({rule.refuses})"
            yield AnswerProblem(rule.item, Fault.RULE, message, {"sentences": _sentences(questionnaire, rule)})


def _against_limits(questionnaire: Instrument, group: ItemGroup, answers: Given) -> Iterator[AnswerProblem]:
    lines = [item.code for item in questionnaire.in_group(group.code) if not item.exclusive]
    chosen = [code for code in lines if answers.get(code) == 1]
    limits = {"least": group.least, "most": group.most}
    if group.most and len(chosen) > group.most:
        yield AnswerProblem(chosen[-1], Fault.TOO_MANY, f"at most {group.most} of its list may be chosen", limits)
    if group.least and 0 < len(chosen) < group.least:
        yield AnswerProblem(chosen[-1], Fault.TOO_FEW, f"at least {group.least} of its list are needed", limits)


def _same_places(questionnaire: Instrument, group: ItemGroup, answers: Given) -> Iterator[AnswerProblem]:
    holders: dict[object, str] = {}
    for item in questionnaire.in_group(group.code):
        place = answers.get(item.code)
        if place is not None and place in holders:
            yield AnswerProblem(
                item.code, Fault.SAME_PLACE, f"has place {place}, as {holders[place]} has", {"place": place}
            )
        holders.setdefault(place, item.code)


def _sentences(questionnaire: Instrument, rule: AnswerRule) -> dict[str, str]:
    """By language, what the words of the questionnaire say of the rule."""
    return {language: wording.rules[rule.code] for language, wording in questionnaire.wordings.items()}
