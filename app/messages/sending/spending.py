"""What was spent today of each budget (app.messages.budgets), and what this claim spends."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, Executable, LargeBinary, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.database import lock
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.budgets import Account, Place, Purpose, Whose, accounts, purpose
from app.messages.kinds import ASKING, MessageKind
from app.messages.models import Attempt, Message
from app.messages.reading import Ready, plan_of
from app.messages.sending.caps import may_have_rung
from app.participants.models import Contact, Participant
from app.schedule.calendar import local_day, start_of

OF_NUMBERS = (Whose.NUMBER, Whose.PERSON)
OF_STUDIES = (Whose.SITE, Whose.STUDY)
MIDNIGHT = bindparam("midnight", type_=UTCDateTime())


class Spending:
    """The day's texts by account: those of earlier claims, and those that this one lets pass."""

    def __init__(self, spent: Counter[Account]):
        self._spent = spent

    def is_over(self, row: Ready) -> bool:
        """Whether one of the budgets that this text draws on is used up."""
        return any(self._spent[account] >= limit for _, account, limit in _accounts(row))

    def note(self, row: Ready) -> None:
        """Count a text that leaves towards its budgets."""
        self._spent.update(account for _, account, _ in _accounts(row))


def spending(rows: Sequence[Ready], now: datetime) -> Spending:
    """What was spent on the study's own day of the budgets these texts draw on.

    Texts that answer or test are counted by one clock after the other; prompts, which the plan bounds, side by side.
    """
    if any(purpose(row.kind) is not Purpose.PROMPT for row in rows):
        lock("budgets")
    spent: Counter[Account] = Counter()
    for study_id in sorted({row.study_id for row in rows}):
        of_study = [row for row in rows if row.study_id == study_id]
        plan = plan_of(of_study[0].protocol_id, of_study[0].sha256)
        midnight = start_of(local_day(now, plan.zone_info), plan.zone_info)
        numbers = sorted({row.phone_fingerprint for row in of_study if row.phone_fingerprint is not None})
        near = run(_to_numbers(), {"numbers": numbers, "midnight": midnight}).all()
        spent |= _counted(near, OF_NUMBERS)
        if any(purpose(row.kind) is not Purpose.PROMPT for row in of_study):
            wide = run(_not_prompts(), {"study": study_id, "midnight": midnight}).all()
            spent |= _counted(wide, OF_STUDIES)
    return Spending(spent)


def _accounts(row: Ready) -> Iterable[tuple[Whose, Account, int]]:
    plan = plan_of(row.protocol_id, row.sha256)
    place = Place(row.phone_fingerprint, row.participant_id, row.site_id, row.study_id)
    return accounts(row.kind, place, plan.sending.answers_cap)


def _counted(rows: Iterable[Ready], whose: Sequence[Whose]) -> Counter[Account]:
    spent: Counter[Account] = Counter()
    for row in rows:
        place = Place(row.phone_fingerprint, row.participant_id, row.site_id, row.study_id)
        for owner, account, _ in accounts(MessageKind(row.kind), place, 0):
            if owner in whose:
                spent[account] += row.texts
    return spent


@cache
def _to_numbers() -> Executable:
    """The day's texts to these numbers, of whatever study."""
    numbers = func.any(bindparam("numbers", type_=ARRAY(LargeBinary())))
    return _tries().where(Contact.phone_fingerprint == numbers)


@cache
def _not_prompts() -> Executable:
    """The day's answers and tests of a study."""
    in_study = Message.study_id == bindparam("study", type_=BigInteger())
    return _tries().where(in_study, Message.kind.not_in([kind.value for kind in ASKING]))


def _tries() -> Select[MessageKind, int, int, int, bytes | None, int]:
    columns = (
        Message.kind, Message.participant_id, Message.study_id, Participant.site_id, Contact.phone_fingerprint,
    )  # fmt: skip
    return (
        select(*columns, func.count().label("texts"))
        .join(Attempt, Attempt.message_id == Message.id)
        .join(Participant, Participant.id == Message.participant_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .where(Attempt.started_at >= MIDNIGHT, may_have_rung())
        .group_by(*columns)
    )
