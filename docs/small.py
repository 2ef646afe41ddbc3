"""The patient's scripts and style sheet without what only their authors need: `make small` writes them.

They are made here and not by the service, so that what is served was read and tested as it is, and no minifier runs
beside patients. Nothing newer than ECMAScript 2018 comes in: a phone of that age shall read the script.
"""

import sys
from pathlib import Path

import minify

STATIC = Path(__file__).parents[1] / "app" / "static"
MADE = STATIC / "small"
SOURCES = {
    "text/javascript": ("patient_paged", "patient", "patient_received", "patient_once", "patient_rich"),
    "text/css": ("patient", "patient_identity", "patient_received", "patient_rich"),
}
ENDINGS = {"text/javascript": "js", "text/css": "css"}


def made() -> dict[Path, str]:
    """Each small file and what it holds."""
    minify.config({"js-version": 2018})
    return {
        MADE / f"{name}.{ENDINGS[kind]}": minify.string(kind, (STATIC / f"{name}.{ENDINGS[kind]}").read_text("utf-8"))
        for kind, names in SOURCES.items()
        for name in names
    }


def main() -> int:
    """Write the small files, or with `--check` name those that are not as they would be written."""
    stale = [path for path, text in made().items() if not path.exists() or path.read_text("utf-8") != text]
    if sys.argv[1:] == ["--check"]:
        sys.stdout.writelines(f"{path.name} is not what `make small` writes.\n" for path in stale)
        return len(stale)
    MADE.mkdir(exist_ok=True)
    for path, text in made().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
