"""Texts as the provider keeps them: `api.v2010.account.message` of Twilio's own OpenAPI description (pure)."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Lock
from typing import Any

from app.studies.texts import segments

MOST_TEXTS = 20_000


@dataclass
class TakenText:
    """A text that the provider took, or (inbound) that somebody wrote to us: then `to` is whose it is."""

    sid: str
    to: str
    body: str
    callback: str
    at: datetime
    validity: str = ""
    retained: bool = True
    listed: bool = True
    status: str = "queued"
    error_code: int | None = None
    inbound: bool = False

    def as_json(self, account: str, sender: str) -> dict[str, Any]:
        """The message resource; date_sent stays empty until a status says it was sent."""
        when = format_datetime(self.at.astimezone(UTC))
        uri = f"/2010-04-01/Accounts/{account}/Messages/{self.sid}"
        return {
            "sid": self.sid, "to": sender if self.inbound else self.to, "from": self.to if self.inbound else sender,
            "body": self.body if self.retained else "",
            "status": self.status, "num_segments": str(segments(self.body).count), "num_media": "0",
            "date_created": when, "date_sent": None if self.status in ("queued", "accepted") else when,
            "date_updated": when, "error_code": self.error_code, "error_message": None, "account_sid": account,
            "direction": "inbound" if self.inbound else "outbound-api", "api_version": "2010-04-01",
            "price": None, "price_unit": "USD",
            "messaging_service_sid": None, "uri": f"{uri}.json", "subresource_uris": {"media": f"{uri}/Media.json"},
        }  # fmt: skip

    def fits(self, wanted: Mapping[str, str], sender: str) -> bool:
        """Whether the list's filters let it through: To, From, DateSent and its bounds (whole days, as Twilio's)."""
        day = self.at.astimezone(UTC).date().isoformat()
        to, written_by = (sender, self.to) if self.inbound else (self.to, sender)
        exact = {"To": to, "From": written_by, "DateSent": day}
        if any(name in wanted and wanted[name][: len(value)] != value for name, value in exact.items()):
            return False
        return wanted.get("DateSent>", day)[:10] <= day <= wanted.get("DateSent<", day)[:10]


@dataclass
class KeptTexts:
    """What the stand-in has, the newest last; of very many, the oldest go."""

    _texts: deque[TakenText] = field(default_factory=lambda: deque(maxlen=MOST_TEXTS))
    _lock: Lock = field(default_factory=Lock)

    def keep(self, text: TakenText) -> None:
        """From here on it is known."""
        with self._lock:
            self._texts.append(text)

    def newest_first(self) -> list[TakenText]:
        """Everything that is known."""
        with self._lock:
            return list(reversed(self._texts))

    def find(self, sid: str) -> TakenText | None:
        """The text of this name."""
        return next((text for text in self.newest_first() if text.sid == sid), None)
