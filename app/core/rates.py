"""How often somebody asks: so many times within any minute, counted by this process in its memory."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter


class Minutes:
    """What each source asked in the last minute."""

    def full_until(self, source: str, most: int) -> float | None:
        """Note that it asks: nothing when there was room, else when there is some, in seconds since 1970."""
        from limits import RateLimitItemPerMinute  # with what it brings of Redis and asyncio a tenth of the start-up

        limit = RateLimitItemPerMinute(most)
        if self._window.hit(limit, source):
            return None
        return self._window.get_window_stats(limit, source).reset_time

    @cached_property
    def _window(self) -> "MovingWindowRateLimiter":
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())
