"""What monitors are told: each complaint at its limit, just before and just after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.messages.monitoring.measures import Measures, complaints

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)
WELL = Measures({}, 0, 0.0, 0.0, 0.0, ())
BEATS = {"deliver": NOW}
MOMENT = timedelta(microseconds=1)
MINUTE = timedelta(seconds=60)


@pytest.mark.parametrize(
    ("changed", "beats", "sentence"),
    [
        ({}, BEATS, {}),
        ({}, {"deliver": NOW - timedelta(minutes=3)}, {}),
        (
            {},
            {"deliver": NOW - timedelta(minutes=3) - MOMENT},
            {"clock": "The clock has not run for three minutes."},
        ),
        ({}, {}, {"clock": "The clock has not run for three minutes."}),
        ({}, BEATS | {"failed queue": NOW}, {"jobs": "These jobs of the clock fail: queue."}),
        ({}, BEATS | {"failed queue": NOW, "queue": NOW - MOMENT}, {"jobs": "These jobs of the clock fail: queue."}),
        ({}, BEATS | {"failed queue": NOW, "queue": NOW}, {}),
        ({}, BEATS | {"failed queue": NOW, "queue": NOW + MOMENT}, {}),
        ({}, {"deliver": NOW + MINUTE}, {}),  # machines that are kept right differ too
        (
            {},
            {"deliver": NOW + MINUTE + MOMENT},
            {
                "clock": "The clock has not run for three minutes.",
                "future": "These marks of the clock come from the future: deliver.",
            },
        ),
        (
            {},
            BEATS | {"plan": NOW + timedelta(days=2), "failed queue": NOW + timedelta(hours=1)},
            {
                "jobs": "These jobs of the clock fail: queue.",
                "future": "These marks of the clock come from the future: failed queue, plan.",
            },
        ),
        ({}, BEATS | {"queue": NOW - timedelta(minutes=3), "sweep": NOW - timedelta(minutes=30)}, {}),
        (
            {},
            BEATS | {"queue": NOW - timedelta(minutes=3) - MOMENT, "sweep": NOW - timedelta(minutes=30) - MOMENT},
            {"silent": "These jobs of the clock have not run to their end of late: queue, sweep."},
        ),
        (
            {},
            BEATS | {"queue": NOW - timedelta(minutes=4), "failed queue": NOW},
            {"jobs": "These jobs of the clock fail: queue."},  # once is enough
        ),
        ({"oldest_waiting_seconds": 600.0}, BEATS, {}),
        ({"oldest_waiting_seconds": 600.1}, BEATS, {"queue": "A text waits since 10 minutes."}),
        ({"oldest_unknown_seconds": 1800.0}, BEATS, {}),
        (
            {"oldest_unknown_seconds": 1800.1},
            BEATS,
            {"unknown": "The fate of a text is unknown for more than half an hour."},
        ),
        ({"unasked": 1}, BEATS, {"unasked": "1 visits are due and have no text."}),
        ({"halts": ("one", "two")}, BEATS, {"held": "Texts are held back: one; two."}),
        ({"waiting": 10_000, "lag_p95_seconds": 1e6, "states": {"failed": 9}}, BEATS, {}),  # figures, not complaints
    ],
)
def test_each_complaint_has_its_limit(
    changed: dict[str, object], beats: dict[str, datetime], sentence: dict[str, str]
) -> None:
    assert complaints(replace(WELL, **changed), beats, NOW) == sentence  # type: ignore[arg-type]
