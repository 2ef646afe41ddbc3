"""A network that takes every text, and tells later what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.receiving.receipts import store
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, minutes, weekly


@dataclass
class Carrier:
    """What it tells once of each text that rang is a code, or "" for delivered."""

    session: Session
    provider: Provider
    reported: set[str] = field(default_factory=set)

    def invite(self, size: int) -> None:
        """So many people with one weekly visit each have been texted."""
        weekly(size)
        tick(self.provider, INVITED)

    def __call__(self, minute: float, codes: Sequence[str | None]) -> None:
        """Tell of the texts that rang, in their order (None says nothing of one), and let the clock tick."""
        fresh = [rung for rung in self.provider.rang if rung.sid not in self.reported]
        for rung, code in zip(fresh, codes, strict=False):
            if code is not None:
                self.reported.add(rung.sid)
                form = {"MessageSid": rung.sid, "MessageStatus": "undelivered" if code else "delivered"}
                store(rung.message_id, form | ({"ErrorCode": code} if code else {}), INVITED + minutes(minute))
        self.session.commit()
        tick(self.provider, INVITED + minutes(minute))
