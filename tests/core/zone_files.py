"""Files of time zones as an old machine has them: Vancouver puts its clocks back in 2026, as Los Angeles does."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from app.core import zone_rules

ZONES = files("tzdata") / "zoneinfo"


def old_zones(folder: Path, release: str | None = "2025b") -> Path:
    """A folder with what Vancouver's rules were, that says its release (or does not)."""
    for name, rules in (("America/Vancouver", "America/Los_Angeles"), ("Europe/Oslo", "Europe/Oslo")):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((ZONES / rules).read_bytes())
    if release is not None:
        (folder / "tzdata.zi").write_text(
            f"# version {release}\n# This zic input file is in the public domain.\n", "utf-8"
        )
    return folder


@contextmanager
def reckoning_by(*folders: Path) -> Iterator[None]:
    """Let the whole process reckon by these files, as Python would by itself."""
    zoneinfo.reset_tzpath([str(folder) for folder in folders])
    zoneinfo.ZoneInfo.clear_cache()
    zone_rules._in_use = zone_rules.release_of_files(zoneinfo.TZPATH) or zone_rules._packaged()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath()
        zone_rules.use_newest()
        zoneinfo.ZoneInfo.clear_cache()
