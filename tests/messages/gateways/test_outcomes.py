"""What an answer of the provider means: Twilio's error dictionary as a table, and how long a text then waits."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.messages.gateways.outcomes import (
    CROWDED,
    HALTING,
    NUMBER_UNUSABLE,
    OF_SENDER,
    OPTED_OUT,
    OUR_FAULT_STATUSES,
    OUR_FAULTS,
    TELLING,
    TEXT_REFUSED,
    WEIGHED_CODES,
    WEIGHED_REPORT_CODES,
    Outcome,
    backoff,
    classify,
)

DELIVERY = Path(__file__).parents[3] / "docs" / "delivery.md"
ANSWERS = [
    # status, code, outcome
    (429, None, Outcome.BUSY),
    (429, "21610", Outcome.BUSY),
    (400, "20429", Outcome.BUSY),
    (400, "21611", Outcome.BUSY),  # the sender's queue is full
    (500, None, Outcome.UNKNOWN),
    (503, "20003", Outcome.UNKNOWN),  # a broken provider's word about our credentials is not believed
    (599, None, Outcome.UNKNOWN),
    (408, None, Outcome.UNKNOWN),
    (407, None, Outcome.UNREACHABLE),  # of a proxy on the way: Twilio never saw it
    (407, "21610", Outcome.UNREACHABLE),
    (400, "21610", Outcome.REFUSED),  # STOP
    (400, "21211", Outcome.REFUSED),
    (403, "21408", Outcome.HALTED),  # this number's country, or everybody's: the account's setting
    (400, "21408", Outcome.HALTED),
    (404, "21614", Outcome.REFUSED),
    (400, "30005", Outcome.REFUSED),
    (400, "20003", Outcome.BARRED),
    (403, "20003", Outcome.BARRED),
    (404, "20404", Outcome.BARRED),
    (400, "21603", Outcome.BARRED),
    (400, "21660", Outcome.BARRED),
    (401, "21606", Outcome.HALTED),
    (400, "21606", Outcome.HALTED),
    (400, "21612", Outcome.HALTED),
    (400, "21659", Outcome.HALTED),
    (400, "21212", Outcome.HALTED),
    (400, "21267", Outcome.BARRED),
    (400, "21635", Outcome.REFUSED),
    (400, "21265", Outcome.REFUSED),
    (400, "21608", Outcome.HALTED),  # a trial account, and nobody's number is verified
    (400, "30002", Outcome.BARRED),
    (401, None, Outcome.BARRED),  # of 46elks, which gives no codes
    (401, "29999", Outcome.BARRED),
    (402, None, Outcome.BARRED),
    (403, None, Outcome.HALTED),
    (404, None, Outcome.HALTED),
    (405, None, Outcome.HALTED),
    (422, None, Outcome.HALTED),
    (400, None, Outcome.HALTED),
    (400, "", Outcome.HALTED),
    (400, "21601", Outcome.HALTED),
    (400, "21703", Outcome.HALTED),  # none that reaches this country, perhaps
    (400, "21704", Outcome.BARRED),
    (400, "21705", Outcome.BARRED),
    (400, "30034", Outcome.HALTED),
    (400, "63038", Outcome.BARRED),
    (400, "29999", Outcome.HALTED),  # a code that nobody knows
    (499, "29999", Outcome.HALTED),
    (400, "21602", Outcome.REFUSED),
    (400, "21604", Outcome.REFUSED),
    (400, "21617", Outcome.REFUSED),
    (404, "21617", Outcome.REFUSED),
    (400, "30003", Outcome.REFUSED),
    (503, "21617", Outcome.UNKNOWN),
    (399, None, Outcome.UNKNOWN),
    (301, None, Outcome.UNKNOWN),
    (200, None, Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("status", "code", "outcome"), ANSWERS)
def test_what_each_refusal_means(status: int, code: str | None, outcome: Outcome) -> None:
    assert classify(status, code) is outcome


@pytest.mark.parametrize("code", [OPTED_OUT, *sorted(NUMBER_UNUSABLE.keys() - HALTING), *sorted(TEXT_REFUSED)])
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_is_wrong_with_a_number_or_a_text_never_holds_everybody_back(status: int, code: str) -> None:
    assert classify(status, code) is Outcome.REFUSED


@pytest.mark.parametrize("status", [status for status in range(400, 500) if status not in (407, 408, 429)])
def test_a_refusal_that_no_table_knows_is_weighed_whatever_its_status(status: int) -> None:
    outcome = Outcome.BARRED if status in OUR_FAULT_STATUSES else Outcome.HALTED
    assert {classify(status, code) for code in (None, "", "1", "29999", "99999", "abc")} == {outcome}


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_can_only_be_about_us_needs_no_evidence_and_all_else_of_our_sender_is_weighed(status: int) -> None:
    assert {code: classify(status, code) for code in HALTING} == {
        code: Outcome.BARRED if code in OUR_FAULTS else Outcome.HALTED for code in HALTING
    }


def test_each_code_of_our_account_or_sender_is_of_one_class_and_the_docs_say_which() -> None:
    """A code that is put into neither, or both, decides nothing; the page says to an operator what the table does."""
    assert OUR_FAULTS.keys().isdisjoint(WEIGHED_CODES.keys() | WEIGHED_REPORT_CODES.keys())
    assert OUR_FAULTS.keys() | WEIGHED_CODES.keys() | WEIGHED_REPORT_CODES.keys() == OF_SENDER.keys()
    page = DELIVERY.read_text("utf-8")
    lines = {
        name: next(line for line in page.splitlines() if line.startswith(f"| {start}"))
        for name, start in (("ours", "only about us: "), ("weighed", "about us or one number: "))
    }
    codes = {name: set(re.findall(r"\b\d{5}\b", line.split("|")[1])) for name, line in lines.items()}
    assert codes == {"ours": set(OUR_FAULTS), "weighed": {*WEIGHED_CODES, *WEIGHED_REPORT_CODES}}
    assert {str(status) for status in OUR_FAULT_STATUSES} <= set(re.findall(r"\b\d{3}\b", lines["ours"]))


@pytest.mark.parametrize("code", ["21211", "21265", "21268", "21408", "21614", "21635", "30004", "30005", "30006"])
def test_these_codes_mean_that_a_number_cannot_be_used(code: str) -> None:
    assert code in NUMBER_UNUSABLE


def test_a_code_stands_in_one_table_only_but_for_the_country_that_an_account_may_close() -> None:
    assert NUMBER_UNUSABLE.keys() & HALTING.keys() == {"21408"}
    every = [*(HALTING.keys() - NUMBER_UNUSABLE), *NUMBER_UNUSABLE, *TEXT_REFUSED, *CROWDED, OPTED_OUT]
    assert len(every) == len(set(every))
    assert not set(TELLING) & {*NUMBER_UNUSABLE, *TEXT_REFUSED, *CROWDED, OPTED_OUT}, (
        "those speak of the patient, or pass"
    )


@pytest.mark.parametrize(
    ("attempts", "retry_after", "seconds"),
    [
        (1, None, 30),
        (2, None, 60),
        (3, None, 120),
        (6, None, 960),
        (7, None, 1800),  # 1920, and half an hour is the most
        (8, None, 1800),
        (1000, None, 1800),
        (1, 29.0, 30),
        (1, 30.5, 30.5),
        (1, 86_400.0, 86_400),
        (1, 86_401.0, 86_400),  # a day is the most that a provider may ask
        (7, 60.0, 1800),
        (1, 0.0, 30),
    ],
)
def test_how_long_a_text_waits_before_it_is_tried_again(
    attempts: int, retry_after: float | None, seconds: float
) -> None:
    assert backoff(attempts, 0.0, retry_after) == timedelta(seconds=seconds)
    assert backoff(attempts, 1.0, retry_after) == timedelta(seconds=seconds * 1.25), "chance adds a quarter at most"
