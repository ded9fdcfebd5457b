"""Mistakes in the names that an agreement gives and uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from tasuki.agreement.expressions import WORDS
from tasuki.agreement.model import ANY, NONE
from tasuki.agreement.problems import did_you_mean

if TYPE_CHECKING:
    from tasuki.agreement.document import Document
    from tasuki.agreement.source import Source
    from tasuki.agreement.syntax import Place

MOST_ROLES = 63
"""A path keeps the roles that may take it as bits of one number."""


class NameCheck:
    """Reports unknown names, and names that cannot be given, to the source."""

    def __init__(self, source: Source, document: Document) -> None:
        self._source, self._document = source, document
        self.stages = tuple(dict.fromkeys(stage.id for stage in document.stages))

    def given(self) -> None:
        """Check every name that the file gives, and the sections that use names as keys."""
        self._stages()
        self._scores()
        self._qualification()
        self._roles()
        for section in ("reasons", "targets"):
            for key in getattr(self._document, section):
                self.known("stage", key.split(".")[0], self.stages, (section, key), key=True)

    def known(self, what: str, name: str, known: Collection[str], place: Place, *, key: bool = False) -> bool:
        """Whether the name is known; an error at `place` if not."""
        if name in known:
            return True
        text = f"unknown {what} `{name}`{did_you_mean(name, known)}"
        self._source.error(place, f"unknown-{what}", text, key=key)
        return False

    def all_known(self, what: str, names: Iterable[str] | None, known: Collection[str], place: Place) -> None:
        """Check a list of names, or the one name that may stand for a list of one."""
        is_list = isinstance(self._data(place), list)
        for i, name in enumerate(names or ()):
            self.known(what, name, known, (*place, i) if is_list else place)

    def _data(self, place: Place) -> Any:
        node = self._source.data
        for step in place:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def _stages(self) -> None:
        seen = {"_"}
        for i, stage in enumerate(self._document.stages):
            if stage.id in (NONE, ANY):
                self._wrong(("stages", i, "id"), f"`{stage.id}` has a meaning of its own: rename the stage")
            elif stage.id in seen - {"_"}:
                self._wrong(("stages", i, "id"), f"stage `{stage.id}` stands twice: rename or join them")
            seen.add(stage.id)

    def _scores(self) -> None:
        for score in self._document.scores:
            if score in WORDS:
                text = f"`{score}` is a word of the expressions: rename it"
                self._wrong(("scores", score), text, key=True)

    def _qualification(self) -> None:
        for name, questions in self._document.qualification.items():
            place = ("qualification", name)
            if name in self._document.scores or name in WORDS:
                self._wrong(place, f"`{name}` names something else already: rename it", key=True)
            if len(set(questions)) != len(questions):
                self._wrong(place, f"a question of `{name}` stands twice: leave one of them out")

    def _roles(self) -> None:
        roles: set[str] = set()
        for i, stage in enumerate(self._document.stages):
            for j, path in enumerate(stage.enter):
                roles.update(path.by or ())
                if len(roles) > MOST_ROLES:
                    text = f"more than {MOST_ROLES} different roles: join those that may do the same"
                    self._source.error(("stages", i, "enter", j, "by"), "too-many", text)
                    return

    def _wrong(self, place: Place, text: str, *, key: bool = False) -> None:
        self._source.error(place, "name", text, key=key)
