"""What one web machine signed, another takes, though their times differ by what each may differ from the database's.

The library takes nothing that is signed later than now: of a machine that is a second ahead, a sign-in, a form or a
patient's proof of who she is would be nothing to the next, and she would be asked again and again.
"""

from datetime import datetime, timedelta
from typing import Any

from itsdangerous import SignatureExpired, TimestampSigner
from itsdangerous.timed import TimedSerializer

from app.core.one_time import FURTHEST_APART


class NearTimeSigner(TimestampSigner):
    """A signature with its time, which may lie a little ahead."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        """The value (with its time, if that is wanted); BadSignature where the library's own says so, but not because
        another machine's time is a little ahead."""
        unsign: Any = super().unsign
        try:
            return unsign(signed_value, max_age, return_timestamp)
        except SignatureExpired as refused:
            if not self._is_a_little_ahead(refused.date_signed):
                raise
            return unsign(signed_value, None, return_timestamp)

    def _is_a_little_ahead(self, signed_at: datetime | None) -> bool:
        now = self.timestamp_to_datetime(self.get_timestamp())
        return signed_at is not None and timedelta(0) < signed_at - now <= FURTHEST_APART


def init_app() -> None:
    """Let Flask's sessions, the forms' tokens and sign-in's be read so, too: they use the library's serializers."""
    TimedSerializer.default_signer = NearTimeSigner
