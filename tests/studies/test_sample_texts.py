"""A protocol's texts as they will look at a site: filled in, in a language, and counted."""

from dataclasses import replace

import pytest

from app.schedule.links import LENGTH
from app.studies.protocol import Protocol, read_protocol
from app.studies.sample_texts import SAMPLE_LINK, sample_texts
from app.studies.texts import KINDS
from tests.example import BACKTOBASIC
from tests.some import some

BASE = "https://svar.example.org"


@pytest.fixture(scope="module")
def plan() -> Protocol:
    return read_protocol(BACKTOBASIC)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_text_is_filled_in_and_fits_one_sms(plan: Protocol, language: str) -> None:
    site = plan.sites[0]
    for sample in some(sample_texts(plan, site, language, BASE)):
        assert "{" not in sample.words
        assert (sample.size.count, sample.size.encoding) == (1, "GSM-7"), sample.words
        assert (f"{BASE}/a/{SAMPLE_LINK}" in sample.words) is (sample.kind not in {"stop", "start", "help", "test"})


def test_each_kind_of_the_protocol_is_there_once_in_its_order(plan: Protocol) -> None:
    kinds = [sample.kind for sample in sample_texts(plan, plan.sites[0], "nb", BASE)]
    assert kinds[: len(plan.messages)] == list(plan.messages)
    assert len(kinds) == len(set(kinds))
    assert set(plan.messages) <= KINDS


def test_a_language_without_a_sender_of_its_own_has_that_of_the_default(plan: Protocol) -> None:
    site = plan.sites[0]
    sender = site.sender[plan.default_language]
    assert "xx" not in site.sender
    assert any(sender in sample.words for sample in sample_texts(plan, site, "xx", BASE))


def test_the_end_of_the_link_is_as_long_as_a_real_one() -> None:
    assert len(SAMPLE_LINK) == LENGTH


def test_the_texts_of_answering_by_sms_are_there_where_it_is_allowed(plan: Protocol) -> None:
    assert plan.sms_replies is not None
    allowed = replace(plan, sms_replies=replace(plan.sms_replies, allowed=True))
    more = [sample.kind for sample in sample_texts(allowed, plan.sites[0], "nb", BASE)][len(plan.messages) :]
    assert more == list(plan.sms_replies.texts)
    assert "thanks" in more
