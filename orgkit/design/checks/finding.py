"""What a rule finds, and how a count is held against a quota."""

from __future__ import annotations

from dataclasses import dataclass

from orgkit.design.organization import Organization
from orgkit.design.problem import Severity
from orgkit.design.quotas import Quota
from orgkit.errors import InputError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule found; `place` is a node's id or a dotted path into the settings."""

    place: str
    message: str
    fix: str = ""
    source: str = ""  # empty: the rule's own source
    severity: Severity | None = None  # None: the rule's own


def over(quota: Quota, place: str, subject: str, fix: str) -> Finding:
    """`subject` is more than `quota` allows; the message names the limit, its value and where that comes from."""
    origin = quota.source if quota.granted else f"AWS, {quota.as_of}"
    return Finding(
        place,
        f"{subject}; the limit {quota.name} is {quota.value} ({quota.what}; {origin})",
        fix,
        quota.source,
    )


def where(org: Organization, place: str) -> str:
    """File, line and column as near to the place as they are known, and the place itself."""
    if place in org:
        return org.where(place)
    key = place
    while key and key not in org.marks:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return f"{org.marks[key]} ({place})" if key else place


def named(org: Organization, ref: str, *kinds: str) -> str | None:
    """The node that the settings name; None where there is none, which the rule unknown-reference says."""
    try:
        return org.find(ref, *kinds)
    except InputError:
        return None


def plural(count: int, thing: str) -> str:
    """`1 account`, `2 accounts`, `2 policies`."""
    if count == 1:
        return f"1 {thing}"
    return f"{count} {thing[:-1]}ies" if thing.endswith("y") else f"{count} {thing}s"
