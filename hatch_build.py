"""Makes what the package needs and version control does not keep: the compiled translations."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUE = "src/tasuki/server/catalogue.py"


class TranslationsHook(BuildHookInterface[Any]):
    """Compiles the translations on every build, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the binary files into the source folder, and name them as part of the package."""
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("catalogue", root / CATALOGUE)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(root / CATALOGUE)
        catalogue = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(catalogue)
        for path in catalogue.compile_all():
            build_data["artifacts"].append(path.relative_to(root).as_posix())
