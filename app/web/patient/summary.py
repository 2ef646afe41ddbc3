"""A patient's own earlier scores on the receipt, as people write numbers and days."""

from babel.numbers import format_decimal

from app.instruments.model import Better
from app.responses.summary import Course, own_scores
from app.schedule.models import Assessment
from app.web.language import as_said, gettext


def drawn_courses(assessment: Assessment, language: str) -> list[dict[str, object]]:
    """For each course its title, what the numbers run between, and its lines of day and value."""
    return [_drawn(one, assessment.participant.zone, language) for one in own_scores(assessment, language)]


def _drawn(one: Course, zone: str, language: str) -> dict[str, object]:
    lines = [
        (as_said(at, zone, language, hour=False), format_decimal(value, "#,##0.##", locale=language))
        for at, value in one.values
    ]
    words = {Better.LOWER: gettext("Lower is better."), Better.HIGHER: gettext("Higher is better.")}
    better = words[one.better] if one.better else ""
    return {"title": one.title, "range": _range(one), "better": better, "lines": lines}


def _range(one: Course) -> str:
    if one.lowest is None or one.highest is None:
        return ""
    return gettext("From %(low)s to %(high)s.", low=one.lowest, high=one.highest)
