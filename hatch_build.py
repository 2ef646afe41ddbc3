"""Builds the wheel: `app.analysis` under the name `svar.analysis`, and nothing of the service.

A package named `app` in everybody's site-packages would be rude, and the service needs a database, a clock and keys,
which no wheel can bring. So the files are copied with their imports renamed: the checkout knows one name, the wheel the
other.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PARTS = ("analysis", "yaml_files")
"""Packages and modules of `app` that stand on their own, and on each other alone."""
RENAMED = re.compile(rf"\bapp\.({'|'.join(PARTS)})\b")
ENTRANCE = '''"""Svar's mixed models and its report of a trial: `from svar.analysis import MMRM`."""

__version__ = "{version}"
'''


class CustomBuildHook(BuildHookInterface[Any]):
    """Writes `svar` into a folder of its own, from which the wheel takes it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is made; an editable one would point at names that the checkout does not have."""
        if version == "editable":
            raise ValueError(
                "Svar is not installed editable: work in the checkout, where the analysis is app.analysis."
            )
        self.folder = TemporaryDirectory()
        made = Path(self.folder.name)
        write_package(Path(self.root) / "app", made, self.metadata.version)
        build_data["force_include"] = {str(made): "svar"}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called when the wheel is made."""
        self.folder.cleanup()


def write_package(source: Path, made: Path, version: str) -> None:
    """The parts of `source`, under their new name, in the folder `made`."""
    (made / "__init__.py").write_text(ENTRANCE.format(version=version), "utf-8")
    for part in PARTS:
        module = source / f"{part}.py"
        files = [module] if module.exists() else sorted((source / part).rglob("*.*"))
        for file in files:
            if file.suffix != ".pyc":
                place = made / file.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(RENAMED.sub(r"svar.\1", file.read_text("utf-8")), "utf-8")
