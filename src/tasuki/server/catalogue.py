"""The catalogues of translations: every text a person reads is English in the code and Japanese in `locale/ja`.

    python -m tasuki.server.catalogue update    collect the strings of the server into the catalogue
    python -m tasuki.server.catalogue check     say what lacks Japanese, is doubtful or lost a placeholder
    python -m tasuki.server.catalogue compile   write the binary file that is read at run time

The binary file is not kept in version control: building the package makes it (`hatch_build.py`), and a start that finds
none, or one of other translations, makes it anew (`ready`). Compiling needs Babel alone, no Django.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
LOCALE = HERE / "locale"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\))?[sdif]|%%")
Found = tuple[int, str | tuple[str, ...], list[str], str | None]


def source_file(locale: Path = LOCALE) -> Path:
    """The translations as people edit them."""
    return locale / "ja" / "LC_MESSAGES" / "django.po"


# Collecting.


def collected(folder: Path = HERE) -> Catalog:
    """Every string that the server's code and templates mark for translation, with its places."""
    catalog = Catalog(locale="ja", project="Tasuki", fuzzy=False)
    for path in sorted(folder.rglob("*")):
        for line, texts, comments, context in _strings_of(path):
            place = (path.relative_to(folder).as_posix(), line)
            catalog.add(texts, locations=[place], auto_comments=comments, context=context)
    return catalog


def _strings_of(path: Path) -> Iterator[Found]:
    if path.suffix == ".py" and "migrations" not in path.parts:
        source = path.read_bytes()
    elif path.suffix in (".html", ".txt") and "templates" in path.parts:
        source = _template_as_code(path)
    else:
        return
    yield from extract("python", io.BytesIO(source), keywords=KEYWORDS, comment_tags=("Translators:",))


def _template_as_code(path: Path) -> bytes:
    """The template with its strings as calls of gettext; indentation would be an error of Python, so it goes."""
    from django.utils.translation.template import templatize

    code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    return "\n".join(line.strip() for line in code.splitlines()).encode()


# Reading and writing.


def read(path: Path | None = None) -> Catalog:
    """The translations as they are; an empty catalogue where there is no file."""
    path = path or source_file()
    if not path.exists():
        return Catalog(locale="ja", project="Tasuki", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="ja")


def update(path: Path | None = None) -> Catalog:
    """Bring the file up to the code: new strings come in untranslated, those no longer used go."""
    path = path or source_file()
    kept = read(path)
    kept.update(collected(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, kept, width=110, sort_output=True, omit_header=False, include_lineno=False)
    return kept


# Checking.


def problems(catalog: Catalog | None = None, used: Catalog | None = None) -> list[str]:
    """What is wrong with the translations, a sentence each; empty when nothing is."""
    catalog, used = catalog or read(), used or collected()
    found = []
    for message in used:
        if not message.id:
            continue
        translated = catalog.get(_first(message), message.context)
        found += [
            f"{_place(message)}: {text}: {_first(message)!r}" for text in _mistakes(message, translated)
        ]
    return found


def _mistakes(message: Message, translated: Message | None) -> Iterator[str]:
    if translated is None:
        yield "is not in the catalogue (run update)"
        return
    texts = _texts(translated)
    if not all(texts):
        yield "lacks Japanese"
        return
    if translated.fuzzy:
        yield "is marked as fuzzy"
    wanted = _placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    if any(_placeholders(text) != wanted for text in texts):
        yield "has other placeholders in Japanese"


def _texts(message: Message) -> list[str]:
    """The translations of a message, one for each plural form; empty texts where there are none."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _placeholders(text: str) -> list[str]:
    return sorted({match.group() for match in PLACEHOLDER.finditer(text)})


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _place(message: Message) -> str:
    return ":".join(map(str, message.locations[0])) if message.locations else "?"


# Compiling.


def compile_all(locale: Path = LOCALE, into: Path | None = None) -> list[Path]:
    """Write the binary file of every language, into `into` instead of beside its source if given; returns them.

    Each file carries the digest of its source and is replaced in one step, so that several processes may do this at once.
    """
    written = []
    for path in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = ((into or locale) / path.relative_to(locale)).with_suffix(".mo")
        if not _is_current(path, target):
            _compile(path, target)
        written.append(target)
    return written


def _compile(path: Path, target: Path) -> None:
    catalog = read(path)
    catalog.project, catalog.version = "Tasuki", _digest(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".catalogue-")
    try:
        with os.fdopen(handle, "wb") as file:
            write_mo(file, catalog)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_current(path: Path, target: Path) -> bool:
    return target.exists() and _digest(path).encode() in target.read_bytes()


def ready(elsewhere: Path, locale: Path = LOCALE) -> Path:
    """The folder of binary files of today's translations; made if they are missing or older.

    They are written beside their source, or into `elsewhere` where the package may not be written.
    """
    try:
        compile_all(locale)
    except OSError:
        compile_all(locale, into=elsewhere)
        return elsewhere
    return locale


def main(words: list[str]) -> int:
    """The command line; 1 if `check` found something, 2 if the command is none."""
    match words:
        case ["update"]:
            catalog = update()
            missing = sum(not all(_texts(message)) for message in catalog if message.id)
            sys.stdout.write(f"{source_file()}: {len(catalog)} strings, {missing} without Japanese\n")
            return 0
        case ["check"]:
            found = problems()
            sys.stdout.write("".join(f"{text}\n" for text in found))
            return 1 if found else 0
        case ["compile"]:
            sys.stdout.write("".join(f"{path}\n" for path in compile_all()))
            return 0
    sys.stderr.write("python -m tasuki.server.catalogue update|check|compile\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
