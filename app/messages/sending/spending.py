"""What was spent today of each budget (app.messages.budgets), and what this claim spends."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import BigInteger, Executable, LargeBinary, Select, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.database import lock
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.budgets import Account, Needs, Place, Purpose, Whose, accounts, fullest_day, purpose
from app.messages.kinds import ASKING, MessageKind
from app.messages.models import Attempt, Message
from app.messages.reading import Ready, plan_of
from app.messages.sending.caps import may_have_rung
from app.participants.models import Contact, Participant
from app.schedule.calendar import day_began
from app.studies.models import Site

OF_NUMBERS = (Whose.NUMBER, Whose.PERSON)
OF_STUDIES = (Whose.SITE, Whose.STUDY)
MIDNIGHT = bindparam("midnight", type_=UTCDateTime())


class Spending:
    """The day's texts by account: those of earlier claims, and those that this one lets pass."""

    def __init__(self, spent: Counter[Account], people: dict[int, int]):
        self._spent, self._people = spent, people

    def is_over(self, row: Ready) -> bool:
        """Whether one of the budgets that this text draws on is used up."""
        return any(self._spent[account] >= limit for _, account, limit in self._accounts(row))

    def note(self, row: Ready) -> None:
        """Count a text that leaves towards its budgets."""
        self._spent.update(account for _, account, _ in self._accounts(row))

    def _accounts(self, row: Ready) -> Iterable[tuple[Whose, Account, int]]:
        cap = plan_of(row.protocol_id, row.sha256).sending.answers_cap
        needs = Needs(cap, _fullest_day(row.protocol_id, row.sha256), self._people.get(row.site_id, 0))
        return accounts(row.kind, _place(row), needs)


@lru_cache(maxsize=64)
def _fullest_day(protocol_id: int, sha256: str) -> int:
    return fullest_day(plan_of(protocol_id, sha256))


def spending(rows: Sequence[Ready], now: datetime) -> Spending:
    """What was spent on the study's own day of the budgets these texts draw on.

    Texts that answer or test are counted by one clock after the other; prompts, which the plan bounds, side by side.
    """
    if any(purpose(row.kind) is not Purpose.PROMPT for row in rows):
        lock("budgets")
    spent, people = Counter[Account](), dict[int, int]()
    for study_id in sorted({row.study_id for row in rows}):
        of_study = [row for row in rows if row.study_id == study_id]
        plan = plan_of(of_study[0].protocol_id, of_study[0].sha256)
        midnight = day_began(now, plan.zone_info)
        spent |= _counted(_near(of_study, midnight), OF_NUMBERS)
        aims = {purpose(row.kind) for row in of_study}
        if aims - {Purpose.PROMPT}:
            wide = run(_not_prompts(), {"study": study_id, "midnight": midnight}).all()
            spent |= _counted(wide, OF_STUDIES)
        if Purpose.PROMPT in aims:
            sites = sorted({row.site_id for row in of_study})
            for site in run(_of_sites(), {"sites": sites, "midnight": midnight}).all():
                spent[(Purpose.PROMPT, Whose.SITE, site.id)] = site.prompts
                people[site.id] = site.people
    return Spending(spent, people)


def _near(rows: Sequence[Ready], midnight: datetime) -> Sequence[Ready]:
    """The day's texts to these people, and to their numbers, of whatever study."""
    numbers = sorted({row.phone_fingerprint for row in rows if row.phone_fingerprint is not None})
    people = sorted({row.participant_id for row in rows})
    return run(_to_people(), {"numbers": numbers, "people": people, "midnight": midnight}).all()


def _place(row: Ready) -> Place:
    return Place(row.phone_fingerprint, row.participant_id, row.site_id, row.study_id)


def _counted(rows: Iterable[Ready], whose: Sequence[Whose]) -> Counter[Account]:
    spent: Counter[Account] = Counter()
    for row in rows:
        for owner, account, _ in accounts(MessageKind(row.kind), _place(row), Needs(0)):
            if owner in whose:
                spent[account] += row.texts
    return spent


@cache
def _to_people() -> Executable:
    numbers = func.any(bindparam("numbers", type_=ARRAY(LargeBinary())))
    people = func.any(bindparam("people", type_=ARRAY(BigInteger())))
    return _tries().where(or_(Contact.phone_fingerprint == numbers, Contact.participant_id == people))


@cache
def _of_sites() -> Executable:
    """How many people take part at each of these sites, and how many prompts they were sent today."""
    at_site = Participant.site_id == Site.id
    people = select(func.count()).where(at_site, Participant.withdrawn_at.is_(None))
    prompts = (
        select(func.count())
        .select_from(Attempt)
        .join(Message, Message.id == Attempt.message_id)
        .join(Participant, Participant.id == Message.participant_id)
        .where(at_site, Attempt.started_at >= MIDNIGHT, may_have_rung())
        .where(Message.kind.in_([kind.value for kind in ASKING]))
    )
    of_site = (people.scalar_subquery().label("people"), prompts.scalar_subquery().label("prompts"))
    sites = func.any(bindparam("sites", type_=ARRAY(BigInteger())))
    return select(Site.id, *of_site).where(Site.id == sites).order_by(Site.id)


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
