"""Makes what the package needs and version control does not keep: compiled translations, and what browsers are given."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MAKERS = ("src/tasuki/server/catalogue.py", "assets/make.py")


class MadeFilesHook(BuildHookInterface[Any]):
    """Runs each maker on every build, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files into the source folder, and name them as part of the package."""
        root = Path(self.root)
        for maker in MAKERS:
            for path in _loaded(root / maker).compile_all():
                build_data["artifacts"].append(path.relative_to(root).as_posix())


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
