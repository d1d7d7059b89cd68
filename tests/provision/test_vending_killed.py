"""Vending that is killed twice, by SIGKILL in a process of its own: every account once, wherever it was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.vend import run

# Rows of the journal, which are written before and after every call, and with it or without.
KILLS = {
    "at the first request, then amid a creation, with its journal": ((2, 5), True, False),
    "amid creations, without a journal": ((4, 9), False, False),
    "amid the roles, then amid the baseline, without a journal, all that stands around": ((30, 60), False, True),
}


@pytest.mark.parametrize(("kills", "journal", "around"), KILLS.values(), ids=KILLS)
def test_a_list_that_is_killed_twice_and_vended_again_makes_every_account_once(
    tmp_path: Path, kills: tuple[int, int], journal: bool, around: bool
) -> None:
    ended, wrong = run(tmp_path, 3 if around else 5, kills, journal=journal, around=around)
    assert ended == {"killed": 2, "exit 0": 1}
    assert wrong == []
