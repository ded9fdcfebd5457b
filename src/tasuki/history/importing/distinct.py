"""Numbering the distinct byte strings of a long stream: 0, 1, 2, … in the order of their first sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from tasuki.history.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEED: Final = np.uint64(0x243F6A8885A308D3)
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_EIGHT: Final = np.uint64(8)
_ONE: Final = np.uint64(1)


class Distinct:
    """A hash table over byte strings that lie in NumPy buffers. Not safe for several threads at once."""

    def __init__(self) -> None:
        self.count = 0
        self._table = np.full(64, -1, np.int32)
        self._hashes = np.empty(32, np.uint64)
        self._ends = np.zeros(33, np.int64)
        self._text = np.empty(1024, np.uint8)

    def numbers(
        self,
        data: NDArray[np.uint8],
        start: NDArray[np.int32],
        end: NDArray[np.int32],
        keep_empty: bool = False,
    ) -> NDArray[np.int32]:
        """Numbers (n,) of the strings `data[start[i]:end[i]]`; the empty one is -1 unless it is kept."""
        numbers = np.empty(len(start), np.int32)
        done = 0
        while True:
            done, self.count = _number(
                data,
                start,
                end,
                keep_empty,
                done,
                numbers,
                self.count,
                self._table,
                self._hashes,
                self._ends,
                self._text,
            )
            if done == len(start):
                return numbers
            self._grow(int(end[done]) - int(start[done]))

    def _grow(self, needed: int) -> None:
        """Make room for one more string of that many bytes, at least doubling what is full."""
        used = int(self._ends[self.count])
        if used + needed > len(self._text):
            self._text = np.concatenate([self._text, np.empty(max(len(self._text), needed), np.uint8)])
        if self.count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
            self._ends = np.concatenate([self._ends, np.zeros(self.count, np.int64)])
            self._table = np.full(4 * self.count, -1, np.int32)
            _fill(self._table, self._hashes, self.count)

    @property
    def ends(self) -> NDArray[np.int64]:
        """(count + 1,) where each string ends in `text`; the first is 0."""
        return self._ends[: self.count + 1]

    @property
    def text(self) -> NDArray[np.uint8]:
        """All strings one after the other."""
        return self._text[: self._ends[self.count]]

    def value(self, number: int) -> bytes:
        """The string of that number."""
        return self._text[self._ends[number] : self._ends[number + 1]].tobytes()

    def values(self) -> pa.Array:
        """The strings, valid UTF-8 all of them, as an Array of large_string (count,)."""
        buffers = [None, pa.py_buffer(self.ends.copy()), pa.py_buffer(self.text.copy())]
        return pa.Array.from_buffers(pa.large_string(), self.count, buffers)


@compiled
def _word(data: NDArray[Any], at: Any) -> Any:
    """Eight bytes as one number; unsigned places need no check for negative ones, so it is a single load."""
    word = np.uint64(0)
    for i in range(8):
        word |= np.uint64(data[at + np.uint64(i)]) << np.uint64(8 * i)
    return word


@compiled
def _hash(data: NDArray[Any], first: int, size: int) -> Any:
    """A hash of 64 bits, eight bytes at a time; the low bits, which choose the slot, depend on all."""
    at, end = np.uint64(first), np.uint64(first + size)
    value = np.uint64(size) ^ _SEED
    while at + _EIGHT <= end:
        value = (value ^ _word(data, at)) * _FACTOR
        value ^= value >> _HALF
        at += _EIGHT
    rest = np.uint64(0)
    while at < end:
        rest = (rest << _EIGHT) | np.uint64(data[at])
        at += _ONE
    value = (value ^ rest) * _FACTOR
    return value ^ (value >> _HALF)


@compiled
def _same(data: NDArray[Any], first: int, text: NDArray[Any], begin: int, size: int) -> bool:
    a, b, end = np.uint64(first), np.uint64(begin), np.uint64(first + size)
    while a + _EIGHT <= end:
        if _word(data, a) != _word(text, b):
            return False
        a += _EIGHT
        b += _EIGHT
    while a < end:
        if data[a] != text[b]:
            return False
        a += _ONE
        b += _ONE
    return True


@compiled
def _number(
    data: NDArray[Any],
    start: NDArray[Any],
    end: NDArray[Any],
    keep_empty: bool,
    done: int,
    numbers: NDArray[Any],
    count: int,
    table: NDArray[Any],
    hashes: NDArray[Any],
    ends: NDArray[Any],
    text: NDArray[Any],
) -> tuple[int, int]:
    """Number strings from `done` on until all are done or a buffer is full; the new `done` and `count`."""
    mask = np.uint64(len(table) - 1)
    for i in range(done, len(start)):
        first, size = int(start[i]), int(end[i]) - int(start[i])
        if size == 0 and not keep_empty:
            numbers[i] = -1
            continue
        key = _hash(data, first, size)
        slot = key & mask
        while table[slot] >= 0:
            known = table[slot]
            if (
                hashes[known] == key
                and ends[known + 1] - ends[known] == size
                and _same(data, first, text, ends[known], size)
            ):
                break
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            if count == len(hashes) or ends[count] + size > len(text):
                return i, count
            table[slot] = count
            hashes[count] = key
            for k in range(size):
                text[ends[count] + k] = data[first + k]
            ends[count + 1] = ends[count] + size
            count += 1
        numbers[i] = table[slot]
    return len(start), count


@compiled
def _fill(table: NDArray[Any], hashes: NDArray[Any], count: int) -> None:
    mask = np.uint64(len(table) - 1)
    for number in range(count):
        slot = hashes[number] & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = number
