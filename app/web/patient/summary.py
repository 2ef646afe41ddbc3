"""A patient's own earlier scores on the receipt, as people write numbers and days."""

from babel.numbers import format_decimal

from app.instruments.model import Better
from app.responses.summary import ScoreCourse, own_scores
from app.schedule.models import Assessment
from app.web.language import as_said, gettext


def drawn_courses(assessment: Assessment, language: str) -> list[dict[str, object]]:
    """For each course its title, what the numbers run between, and its lines of day and value."""
    return [_drawn(course, assessment.participant.zone, language) for course in own_scores(assessment, language)]


def _drawn(course: ScoreCourse, zone: str, language: str) -> dict[str, object]:
    lines = [
        (as_said(at, zone, language, hour=False), format_decimal(value, "#,##0.##", locale=language))
        for at, value in course.values
    ]
    words = {Better.LOWER: gettext("Lower is better."), Better.HIGHER: gettext("Higher is better.")}
    better = words[course.better] if course.better else ""
    return {"title": course.title, "range": _range(course), "better": better, "lines": lines}


def _range(course: ScoreCourse) -> str:
    if course.lowest is None or course.highest is None:
        return ""
    return gettext("From %(low)s to %(high)s.", low=course.lowest, high=course.highest)
