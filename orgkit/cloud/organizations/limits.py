"""The quotas the embedded organization keeps: the project's dated quotas, with what was granted."""

from __future__ import annotations

from collections.abc import Mapping

from orgkit.design import quotas
from orgkit.errors import TargetError, did_you_mean

# A new customer has 10 accounts; the sandbox has been granted the most that AWS grants, so that a large design can be
# rehearsed. `limits={"accounts": 10}` makes it a new customer's organization.
GRANTED = {"accounts": 50_000}


def limits(granted: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return every quota by name, with the values the caller was granted; an unknown name is a TargetError."""
    chosen = {name: quota.value for name, quota in quotas.load().entries.items()} | GRANTED
    for name, value in (granted or {}).items():
        if name not in chosen:
            raise TargetError(f'there is no limit "{name}"', mend=did_you_mean(name, chosen))
        chosen[name] = int(value)
    return chosen


class Unlimited(dict[str, int]):
    """Limits that refuse nothing: a call that AWS's rules once let through is replayed under them."""

    def __missing__(self, name: str) -> int:
        return 0 if name.startswith("attached_min.") else 10**9
