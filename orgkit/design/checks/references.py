"""Rules about names in the settings that stand for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from orgkit.design import references
from orgkit.design.checks.finding import Finding
from orgkit.design.organization import Organization
from orgkit.design.sections import Access
from orgkit.errors import InputError, did_you_mean

_ACCOUNT_ID = re.compile(r"\d{12}")
_LATER = re.compile(r"\{\{\s*account\.([^{}]+)\.\w+\s*\}\}")  # {{account.log-archive.id}}


def unknown(org: Organization) -> Iterator[Finding]:
    """Accounts and OUs that the settings name."""

    @cache
    def wrong(name: str, *kinds: str) -> tuple[str, str] | None:
        try:
            org.find(name, *kinds)
        except InputError as error:
            return error.what, error.mend or ""
        return None

    for place, name, kinds in references.mentions(org.settings):
        if ".trusts[" in place and _ACCOUNT_ID.fullmatch(name):
            continue  # an account outside of the organization may be trusted
        if (said := wrong(name, *kinds)) is not None:
            yield Finding(place, *said)


def unknown_later(org: Organization) -> Iterator[Finding]:
    """Accounts in references such as {{account.log-archive.id}}."""
    texts = [(policy.id, policy.content) for policy in org.policies() if "{{" in policy.content]
    texts += _texts(org.settings, "")
    for place, text in texts:
        for handle in dict.fromkeys(_LATER.findall(text)):
            if f"account:{handle}" not in org:  # an account's node is named for its handle
                known = (account.handle for account in org.accounts())
                yield Finding(
                    place, f"{{{{account.{handle}.…}}}} names no account of the design", did_you_mean(handle, known)
                )


def unknown_group(org: Organization) -> Iterator[Finding]:
    access = org.settings.access or Access()
    for index, assignment in enumerate(access.assignments):
        if assignment.group not in access.groups:
            yield Finding(
                f"access.assignments[{index}].group",
                f"there is no group {assignment.group!r}",
                did_you_mean(assignment.group, access.groups),
            )


def unknown_permission_set(org: Organization) -> Iterator[Finding]:
    access = org.settings.access or Access()
    for index, assignment in enumerate(access.assignments):
        if assignment.permission_set not in access.permission_sets:
            yield Finding(
                f"access.assignments[{index}].permission_set",
                f"there is no permission set {assignment.permission_set!r}",
                did_you_mean(assignment.permission_set, access.permission_sets),
            )


def unknown_lens(org: Organization) -> Iterator[Finding]:
    lenses = org.settings.lenses
    for index, expectation in enumerate(org.settings.expectations):
        for lens in (*expectation.lenses, *expectation.but):
            if lens not in lenses:
                yield Finding(f"expectations[{index}]", f"there is no lens {lens!r}", did_you_mean(lens, lenses))


def moved_to_nothing(org: Organization) -> Iterator[Finding]:
    """What a `moved` entry leads to, through the entries behind it, must be there."""
    moved = org.settings.moved
    if not moved:
        return
    tree = {org.aws_path(ou.id) for ou in org.ous()}
    tree |= {account.email for account in org.accounts()} | {account.handle for account in org.accounts()}
    for index, entry in enumerate(moved):
        name = entry.new
        for later in moved[index + 1 :]:
            if later.policy == entry.policy and (
                name == later.old or (entry.policy is None and name.startswith(f"{later.old}/"))
            ):
                name = later.new + name[len(later.old) :]
        there = {policy.name for policy in org.policies() if policy.type == entry.policy} if entry.policy else tree
        if name not in there:
            yield Finding(
                f"moved[{index}]",
                f"{entry.old!r} moved to {name!r}, which is nothing in the design",
                did_you_mean(name, there) or "Take the entry out.",
            )


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text in the settings that holds a reference, with its dotted place."""
    if isinstance(value, str):
        if "{{" in value:
            yield place, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{place}.{key}")
    elif isinstance(value, (tuple, list)):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), f"{place}.{field.name}".lstrip("."))
