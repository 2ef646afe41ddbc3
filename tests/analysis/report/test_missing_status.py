"""What became of the outcome at each visit: score, assessment and reason, in words."""

import pytest

from app.analysis.report.missing import AFTER_DOSE, LATE, NOT_PLANNED, ON_TIME, status_of

STATUS = [
    # study day, late (None: no score), state and reason of the assessment, what the report says
    (28, False, ("completed", ""), ON_TIME),
    (28, True, ("late", ""), LATE),
    (28, False, None, ON_TIME),
    (28, None, None, NOT_PLANNED),
    (28, None, ("missed", "not_opened"), "Link not opened"),
    (28, None, ("missed", "opened"), "Opened, not sent in"),
    (28, None, ("missed", "undelivered"), "Text not delivered"),
    (28, None, ("missed", "delivery_unknown"), "Delivery not known"),
    (28, None, ("missed", "not_sent"), "Text not sent"),
    (28, None, ("missed", "skipped"), "Skipped"),
    (28, None, ("missed", ""), "Missed"),
    (28, None, ("open", ""), "Still open"),
    (28, None, ("withdrawn", "withdrawn"), "Withdrawn"),
    (28, None, ("planned", "not_due"), "Not yet due"),
    (28, None, ("partial", "partial"), "Too few items"),
    (28, None, ("completed", ""), "Too few items"),
    (28, None, ("late", ""), "Too few items"),
    (0, None, ("completed", ""), AFTER_DOSE),
    (0, None, ("late", ""), AFTER_DOSE),
    (0, None, ("missed", "not_opened"), "Link not opened"),
    (0, False, ("completed", ""), ON_TIME),
    (28, None, ("something_new", ""), "something_new"),
]


@pytest.mark.parametrize(("day", "late", "state", "said"), STATUS)
def test_what_is_said_of_a_visit(day: int, late: bool | None, state: tuple[str, str] | None, said: str) -> None:
    assert status_of(day, late, state) == said
