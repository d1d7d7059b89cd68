"""What a plan looks at beside the tree: asked of the live organization once the design says what matters.

The list of looks is part of what a plan was made for, so that the same is looked at before it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orgkit.cloud.looking import LOOKED_AT
from orgkit.cloud.looks import STACK_SETS, looks, who
from orgkit.design import Organization
from orgkit.design.sections import Removal
from orgkit.provision.parts.access_places import live_accounts

PARTS: Final = ("logging", "baselines", "security")


def looked_at(design: Organization, live: Organization, removals: Iterable[Removal] = ()) -> Organization:
    """The live organization with the parts looked at that the design describes, where that was not done yet.

    Roles and stack sets that are named to be removed are looked for as well.

    Errors: TargetError where the target it was read from was closed and is no longer there.
    """
    wanted = _with_removals(looks(design), design, live, tuple(removals))
    if not wanted or live.look is None or live.surroundings.get(LOOKED_AT) == wanted:
        return live
    return live.look(wanted)


def _with_removals(
    wanted: dict[str, Any], design: Organization, live: Organization, removals: tuple[Removal, ...]
) -> dict[str, Any]:
    stack_sets = {
        r.ref: {"region": design.settings.home_region, "stack_set": True} for r in removals if r.kind == "baseline"
    }
    if stack_sets:
        wanted = {**wanted, "baselines": {**stack_sets, **wanted.get("baselines", {})}}
    roles = {name: {**there, "names": list(there["names"])} for name, there in wanted.get("roles", {}).items()}
    for removal in removals:
        if removal.kind == "role":
            for account in live_accounts(live, removal.source or "root"):
                names = roles.setdefault(who(account), {"names": []})["names"]
                if removal.ref not in names:
                    names.append(removal.ref)
    return {"roles": roles, **{part: one for part, one in wanted.items() if part != "roles"}} if roles else wanted


def looked_again(live: Organization, before: Mapping[str, Mapping[str, Any]]) -> Organization:
    """The live organization with the same looked at as for a plan."""
    wanted = before.get(LOOKED_AT)
    return live.look(wanted) if wanted and live.look is not None else live


def looked_facts(live: Organization) -> Iterator[tuple[str, dict[str, Any]]]:
    """The facts of what was looked at, and the list itself."""
    if live.surroundings.get(LOOKED_AT):
        yield LOOKED_AT, dict(live.surroundings[LOOKED_AT])
    for part in PARTS:
        for thing, facts in live.surroundings.get(part, {}).items():
            if facts is not None and thing != STACK_SETS:  # those of others come and go
                yield f"{part}: {thing}", facts if isinstance(facts, dict) else {"is": facts}
