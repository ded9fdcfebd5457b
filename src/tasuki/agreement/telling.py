"""Changes of one part of an agreement as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tasuki.agreement.wording import Facets, Wording, listed

_UNORDERED = ("of", "after", "while", "from", "by", "stage_resets", "sum")
Said = Callable[[Facets], str]


class Teller:
    """Says changes in one language; changes of names and reasons are kept apart in `last`."""

    def __init__(self, words: Wording) -> None:
        self.words = words
        self.last: list[str] = []

    def facets(self, where: str, old: Facets, new: Facets) -> Iterator[str]:
        """A line for each facet that came, went or changed."""
        for key in dict.fromkeys((*new, *old)):
            what = self._facet(key, old.get(key), new.get(key))
            if what:
                yield self.words.line(where, what) if where else what

    def _facet(self, key: str, old: str | None, new: str | None) -> str | None:
        if old is None:
            return self.words.say("added", what=self.words.facet(key, str(new)))
        if new is None:
            return self.words.say("removed", what=self.words.facet(key, old))
        is_same = set(old.split(", ")) == set(new.split(", ")) if key in _UNORDERED else old == new
        return None if is_same else self.words.facet(key, f"{old} → {new}")

    def group(self, where: str, key: str, old: Facets, new: Facets, said: Said) -> Iterator[str]:
        """Facets that come and go as one: a timeout, a handoff, a calendar."""
        if old and new:
            yield from self.facets(where, old, new)
        elif old or new:
            what = self.words.facet(key, said(old or new))
            yield self.words.line(where, self.words.say("added" if new else "removed", what=what))

    def names(self, where: str, old: Facets, new: Facets) -> None:
        """Keep changed names and reasons for the end."""
        self.last += self.facets(where, old, new)

    def renamed(self, kind: str, renames: Mapping[str, str]) -> Iterator[str]:
        """A line for each thing that only has a new name."""
        for name, now in renames.items():
            yield self.words.say("renamed", what=self.words.say(kind, value=name), new=now)

    def removed(self, kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
        """A line for each thing that is no more."""
        for name in old:
            if name not in new:
                yield self.words.say("removed", what=self.words.say(kind, value=name))

    def added(self, kind: str, name: str) -> str:
        """A thing that is new."""
        return self.words.say("added", what=self.words.say(kind, value=name))

    def members(self, where: str, item: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
        """A line for each text that left or joined a list, or one for its new order."""
        for phrase, texts, others in (("removed", old, new), ("added", new, old)):
            for text in texts:
                if text not in others:
                    yield self.words.line(
                        where, self.words.say(phrase, what=self.words.say(item, value=text))
                    )
        yield from self.order(
            where, [text for text in old if text in new], [text for text in new if text in old]
        )

    def order(self, where: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
        """One line if the same texts stand in another order."""
        if list(old) != list(new):
            yield self.words.line(where, self.words.say("order", value=f"{listed(old)} → {listed(new)}"))
