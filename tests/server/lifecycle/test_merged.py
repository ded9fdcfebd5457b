"""Two leads that were one person: entries go to the winner, recorded transitions stay facts."""

from __future__ import annotations

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lifecycle import queries
from tasuki.server.people import commands as people

from .stories import DAY, HOUR, START, agree, decided, fresh, new_lead, path_of, visits, work

pytestmark = pytest.mark.django_db


def test_the_winner_gets_the_entries_and_the_loser_keeps_its_transitions_and_all_can_be_undone() -> None:
    agree(80)
    winner, loser = new_lead("Yamada Hanako"), new_lead("Yamada H")
    visits(winner, START + HOUR)
    visits(loser, START + 2 * HOUR, START + 3 * HOUR)
    decided(loser, "SAL", START + DAY, "sales")
    work(START + 2 * DAY)
    assert (path_of(winner), path_of(loser)) == (["MAL"], ["MAL", "MQL", "SAL"])
    with clock.at(START + 3 * DAY):
        merge = people.merge_leads(SYSTEM, winner=winner.pk, loser=loser.pk)
    work(START + 3 * DAY)
    assert (path_of(winner), path_of(loser)) == (["MAL", "MQL", "SAL"], ["MAL", "MQL", "SAL"])
    assert fresh(winner).score == 120
    assert queries.transitions(SYSTEM, loser.pk)[-1].lead_id == winner.pk
    with clock.at(START + 4 * DAY):
        people.undo_merge(SYSTEM, merge.pk)
    work(START + 4 * DAY)
    assert path_of(loser) == ["MAL", "MQL", "SAL"]
    assert (fresh(loser).stage, fresh(loser).score) == ("SAL", 80)
    assert (fresh(winner).stage, fresh(winner).score) == ("SAL", 40)
