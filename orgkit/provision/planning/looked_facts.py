"""What was looked at beside the tree: as facts of a snapshot, and whether it is all that a plan needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from orgkit.cloud.looking import LOOKED_AT
from orgkit.cloud.looks import STACK_SETS, looks, who
from orgkit.design import Organization
from orgkit.design.sections import Removal
from orgkit.errors import InputError
from orgkit.provision.parts.access_places import live_accounts

PARTS: Final = ("logging", "baselines", "security")


def wanted_looks(design: Organization, live: Organization, removals: Iterable[Removal]) -> dict[str, Any]:
    """What a plan has to know beside the tree: of what the design describes, and of roles and stack sets to remove."""
    wanted, removals = looks(design), tuple(removals)
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


def check_looks(design: Organization, live: Organization, removals: Iterable[Removal]) -> None:
    """Raise InputError where a live organization that can be looked at was not looked at for what the design says."""
    if live.look is None:
        return
    seen = live.surroundings.get(LOOKED_AT, {})
    missing = [part for part, one in wanted_looks(design, live, removals).items() if seen.get(part) != one]
    if missing:
        raise InputError(
            f"the live organization was read without a look at {', '.join(missing)}, of which the design speaks",
            mend="Use orgkit.plan, which looks, or read it with orgkit.read(target, design=design).",
        )


def looked_facts(live: Organization) -> Iterator[tuple[str, dict[str, Any]]]:
    """The facts of what was looked at, and the list itself."""
    if live.surroundings.get(LOOKED_AT):
        yield LOOKED_AT, dict(live.surroundings[LOOKED_AT])
    for part in PARTS:
        for thing, facts in live.surroundings.get(part, {}).items():
            if facts is not None and thing != STACK_SETS:  # those of others come and go
                yield f"{part}: {thing}", facts if isinstance(facts, dict) else {"is": facts}
