"""Every date that a program sends is refused by its field's name where it is no day, or of a year that nobody means."""

from typing import Any

import pytest

from app.accounts.roles import Role
from tests.api.asking import BODY, S
from tests.api.conftest import Programs
from tests.odd_dates import NO_CENTURY, ODD_DAYS

EVENT = {"kind": "first_infusion", "recorded_on": "2026-04-20", "state": "planned", "on": "2026-04-21"}
WHY = {"reason": "noted for the wrong day"}
FIELDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "enrolled": ("participants", BODY | {"code": "01-501"}, ("enrolled_on",)),
    "an event's day": ("participants/01-500/events", {"kind": "first_infusion", "state": "planned"}, ("on",)),
    "an event's hour": ("participants/01-500/events", {"kind": "infusion", "state": "happened"}, ("at",)),
    "enrolled anew": ("participants/01-500/corrections", WHY, ("enrolled_on",)),
    "randomised anew": ("participants/01-500/corrections", WHY, ("randomised_on",)),
    "the day that stands there": ("participants/01-500/corrections", WHY | {"event": EVENT}, ("event", "recorded_on")),
    "the right day": ("participants/01-500/corrections", WHY | {"event": EVENT}, ("event", "on")),
    "the right hour": ("participants/01-500/corrections", WHY | {"event": EVENT}, ("event", "at")),
}

OTHERWISE = {"randomised anew": 409}
"""She was not randomised, which is said first."""


def sent(body: dict[str, Any], names: tuple[str, ...], value: str) -> dict[str, Any]:
    """The body with this value in the field."""
    first, *rest = names
    return body | {first: sent(body[first], tuple(rest), value) if rest else value}


@pytest.mark.parametrize("field", FIELDS)
def test_an_odd_day_is_refused_by_its_name(program: Programs, field: str) -> None:
    path, body, names = FIELDS[field]
    coordinator = program(Role.COORDINATOR)
    assert coordinator.post(f"{S}/participants", BODY | {"code": "01-500"}).status_code == 201
    planned = {"kind": "first_infusion", "state": "planned", "on": "2026-04-20"}
    assert coordinator.post(f"{S}/participants/01-500/events", planned).status_code == 201
    answers = {}
    for day in ODD_DAYS:
        value = f"{day}T09:00:00Z" if names[-1] == "at" else day
        answer = coordinator.post(f"{S}/{path}", sent(body, names, value))
        answers[day] = (answer.status_code, bool((answer.json or {}).get("detail")))
    assert answers == {day: (OTHERWISE.get(field, 400) if day in NO_CENTURY else 400, True) for day in ODD_DAYS}
