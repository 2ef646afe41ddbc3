"""The books of the texts by kind and state, and the newest of one state."""

import pytest

from app.messages.models import MessageState
from tests.reading import without_tokens
from tests.web.desk.desks import Desk, text


def test_the_books_of_messages_are_counted_by_state(desk: Desk) -> None:
    person = desk.someone()
    desk.session.add(text(person, "d7", MessageState.DELIVERED))
    desk.session.add(text(person, "d14", MessageState.FAILED))
    page = desk.page("messages/")
    sums = page.split('<tr class="all">')[1].split("</tr>")[0]
    assert [int(part.split("<")[0]) for part in sums.split('class="n">')[1:]] == [0, 0, 0, 1, 1, 0, 0, 2]
    only = without_tokens(desk.page("messages/?state=failed").split("<tbody>")[2])
    assert "day 14" in only
    assert "day 7" not in only


@pytest.mark.parametrize(("query", "said"), [("state=losst", True), ("state=failed", False), ("state=", False)])
def test_a_state_that_no_text_has_is_said(desk: Desk, query: str, said: bool) -> None:
    assert ("does not know: state=losst." in desk.page(f"messages/?{query}")) is said
