"""The daily cap: more prompts in a day than the protocol allows must be a mistake, so they wait until tomorrow.

What answers and tests has budgets of its own (spending), and takes no prompt's place.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, ColumnElement, Executable, bindparam, func, select

from app.core.database import lock
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.gateways.outcomes import NOT_TAKEN
from app.messages.kinds import ASKING
from app.messages.models import Attempt, Message
from app.messages.reading import Ready, plan_of
from app.schedule.calendar import day_began

NEAR_THE_CAP = 10
"""Within so many batches of the cap, clocks count one after the other."""


def left_today(rows: Iterable[Ready], now: datetime, batch: int) -> dict[int, int]:
    """For the study of each row: how many prompts may still leave on the study's own day.

    Studies are locked in the order of their keys, so that no two clocks wait for each other.
    """
    left = {}
    for row in sorted(rows, key=lambda row: row.study_id):
        plan = plan_of(row.protocol_id, row.sha256)
        midnight = day_began(now, plan.zone_info)
        left[row.study_id] = plan.sending.daily_cap - _tried_since(row.study_id, midnight)
        if left[row.study_id] < NEAR_THE_CAP * batch:
            lock(f"cap:{row.study_id}")
            left[row.study_id] = plan.sending.daily_cap - _tried_since(row.study_id, midnight)
    return left


def _tried_since(study_id: int, midnight: datetime) -> int:
    """Attempts at prompts since then that may have rung."""
    count: int = run(_tried(), {"study": study_id, "midnight": midnight}).scalar_one()
    return count


@cache
def _tried() -> Executable:
    study, midnight = bindparam("study", type_=BigInteger()), bindparam("midnight", type_=UTCDateTime())
    tries = select(func.count()).select_from(Attempt).join(Message, Message.id == Attempt.message_id)
    prompts = Message.kind.in_([kind.value for kind in ASKING])
    return tries.where(Message.study_id == study, Attempt.started_at >= midnight, prompts, may_have_rung())


def may_have_rung() -> ColumnElement[bool]:
    """Of an attempt: that the provider did not say that it was not taken."""
    return func.coalesce(Attempt.outcome, "").not_in([outcome.value for outcome in NOT_TAKEN])
