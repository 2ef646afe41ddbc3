"""So many within any minute, and how long to wait for room."""

import time

import pytest

from app.core.rates import Minutes

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("asked_at", "most", "room_at"),
    [
        ((0, 0, 0), 3, (None, None, None)),
        ((0, 0, 0, 0), 3, (None, None, None, 60)),
        ((0, 20, 40), 2, (None, None, 60)),  # when the first is a minute old
        ((0, 20, 61), 2, (None, None, None)),
        ((0, 20, 30, 61), 2, (None, None, 60, None)),  # what was refused takes no room
        ((0, 20, 61, 62), 2, (None, None, None, 80)),
        ((0, 120), 1, (None, None)),
    ],
)
def test_there_is_room_until_so_many_asked_within_a_minute(
    asked_at: tuple[float, ...], most: int, room_at: tuple[float | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes, said = Minutes(), []
    for second in asked_at:
        monkeypatch.setattr(time, "time", lambda second=second: NOW + second)
        full_until = minutes.full_until("10.0.0.1", most)
        said.append(None if full_until is None else full_until - NOW)
    assert tuple(said) == room_at


def test_sources_are_counted_apart_and_so_are_counters() -> None:
    minutes = Minutes()
    assert [minutes.full_until(source, 1) is None for source in ("a", "b", "a", "b")] == [True, True, False, False]
    assert Minutes().full_until("a", 1) is None
