"""`python -m tests.clock.moved FILE clock ...`: the commands of flask on a machine whose time is set by what FILE says.

For machines without Debian's libfaketime, which does the same to any process from outside. FILE holds seconds, and may
change at any time; steady time is left alone, as it is where somebody sets a machine's clock.
"""

import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)


def set_by(file: Path) -> type[datetime]:
    """A `datetime` whose present is so many seconds away."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=float(file.read_text("utf-8") or 0))

    return Moved


def main() -> None:
    """Set the time wherever the service and its scheduler read it, and run the command."""
    import apscheduler.schedulers.base
    import apscheduler.triggers.interval
    from flask.cli import main as flask

    import app.core.time

    moved = set_by(Path(sys.argv.pop(1)))
    for module in (app.core.time, apscheduler.schedulers.base, apscheduler.triggers.interval):
        setattr(module, "datetime", moved)  # noqa: B010
    flask()


if __name__ == "__main__":
    main()
