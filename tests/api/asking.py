"""What requests to the API have in common: addresses, an enrolment, the field that was refused."""

from typing import Any

from werkzeug.test import TestResponse

from tests.exports.builders import NAME

S = "/studies/backtobasic"
NEW_PHONE = "+4740655501"
BODY: dict[str, Any] = {"site": "01", "phone": NEW_PHONE, "name": NAME, "consent": "1.0", "enrolled_on": "2026-04-07"}


def refused(answer: TestResponse) -> str:
    """The one field that was refused."""
    assert answer.status_code == 400, answer.text
    (field,) = (answer.json or {})["errors"]
    return str(field)
