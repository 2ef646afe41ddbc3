"""What some tests need that is no package of ours: printed where a machine is without it, so no log hides a gap."""

import shutil
from collections.abc import Callable, Iterator

from tests.clock.hosts import possible
from tests.clock.running import FAKETIME

PROGRAMS = {
    "promtool": "Prometheus itself does not try deploy/prometheus",
    "systemd-analyze": "systemd does not read the units of deploy/systemd",
    "nginx": "nginx does not read deploy/nginx",
    "caddy": "Caddy does not read deploy/caddy",
    "pgbouncer": "nothing is tried through a pooler",
}
WHERE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def absent(has: Callable[[str], bool], faketime: bool, namespaces: bool) -> Iterator[str]:
    """A line for each thing that is not here, with what is not tried for it."""
    yield from (f"No {program} here, so {without}." for program, without in PROGRAMS.items() if not has(program))
    if not faketime:
        yield "No libfaketime here, so a clock's time is moved in Python alone."
    if not namespaces:
        yield "No `ip netns` for us here, so no machine's cable is pulled."


if __name__ == "__main__":
    there = absent(lambda program: shutil.which(program, path=WHERE) is not None, FAKETIME is not None, possible())
    print("\n".join(there) or "Nothing is absent that a test needs beside R.")
