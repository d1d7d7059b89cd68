"""Looking at the live organization for what a plan needs beside the tree: done before planning, which calls nothing.

The list of looks is part of what a plan was made for, so that the same is looked at before it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orgkit.cloud.looking import LOOKED_AT
from orgkit.design import Organization
from orgkit.provision.parts.removals import removals
from orgkit.provision.planning.looked_facts import wanted_looks


def looked_at(design: Organization, live: Organization, remove: Iterable[str] = ()) -> Organization:
    """The live organization with the parts looked at that the design describes, where that was not done yet.

    Roles and stack sets that `remove` or the design name to be removed are looked for as well.

    Errors: TargetError where the target it was read from was closed and is no longer there.
    """
    if live.look is None:
        return live
    named = removals(design, live, remove)
    wanted = wanted_looks(design, live, (*named.access, *named.baselines))
    return live if not wanted or live.surroundings.get(LOOKED_AT) == wanted else live.look(wanted)


def looked_again(live: Organization, before: Mapping[str, Mapping[str, Any]]) -> Organization:
    """The live organization with the same looked at as for a plan."""
    wanted = before.get(LOOKED_AT)
    return live.look(wanted) if wanted and live.look is not None else live
