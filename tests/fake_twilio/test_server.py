"""The fake answers as Twilio documents its message resource, so that it cannot drift from what the client reads.

Names, kinds and forms are those of `api.v2010.account.message` in Twilio's own OpenAPI description (twilio_api_v2010).
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from requests import get, post
from twilio.rest.api.v2010.account.message import MessageInstance

from tests.fake_twilio.server import ACCOUNT, TOKEN, Server

DOCUMENTED: dict[str, str | None] = {
    "body": None, "num_segments": r"\d+", "direction": "outbound-api|outbound-reply|outbound-call|inbound",
    "from": r"\+\d+", "to": r"\+\d+", "date_updated": r".+ \+0000", "price": None, "error_message": None,
    "uri": r"/2010-04-01/Accounts/[^/]+/Messages/SM[0-9a-f]{32}\.json", "account_sid": "AC.+", "num_media": r"\d+",
    "status": "queued|accepted", "messaging_service_sid": None, "sid": "SM[0-9a-f]{32}", "date_sent": None,
    "date_created": r".+ \+0000", "error_code": None, "price_unit": "[A-Z]{3}", "api_version": "2010-04-01",
    "subresource_uris": None,
}  # fmt: skip
LISTED = "/2010-04-01/Accounts/ACtests/Messages.json"


@pytest.fixture
def answered(provider: Server) -> dict[str, Any]:
    """What the fake says of a text it takes."""
    provider.twilio.now = lambda: datetime(2026, 9, 22, 7, tzinfo=UTC)
    form = {"To": "+4740000001", "Body": "Hei", "From": "+4759440000"}
    answer = post(provider.address + LISTED, data=form, auth=(ACCOUNT, TOKEN), timeout=5)
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_text_is_the_documented_resource(answered: dict[str, Any]) -> None:
    assert set(answered) == set(DOCUMENTED)
    for name, form in DOCUMENTED.items():
        assert form is None or re.fullmatch(form, str(answered[name])), name
    assert [answered[name] for name in ("price", "date_sent", "error_code", "error_message")] == [None] * 4
    assert parsedate_to_datetime(answered["date_created"]) == datetime(2026, 9, 22, 7, tzinfo=UTC)


def test_the_client_reads_every_documented_property(answered: dict[str, Any]) -> None:
    read = vars(MessageInstance(None, answered, ACCOUNT))
    assert {name + "_" if name == "from" else name for name in DOCUMENTED} <= set(read)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 1), ({"To": "+4740000001"}, 1), ({"To": "+4740000002"}, 0), ({"From": "+4759440000"}, 1),
        ({"DateSent": "2026-09-22"}, 1), ({"DateSent>": "2026-09-23"}, 0), ({"DateSent<": "2026-09-21"}, 0),
    ],
)  # fmt: skip
def test_the_list_has_its_filters(
    provider: Server, answered: dict[str, Any], wanted: dict[str, str], count: int
) -> None:
    answer = get(provider.address + LISTED, params=wanted, auth=(ACCOUNT, TOKEN), timeout=5)
    assert len(answer.json()["messages"]) == count


def test_errors_have_the_documented_shape(provider: Server) -> None:
    answer = get(provider.address + LISTED, auth=(ACCOUNT, "wrong"), timeout=5)
    assert (answer.status_code, set(answer.json())) == (401, {"code", "message", "more_info", "status"})
