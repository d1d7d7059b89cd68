"""Rules about single statements: what else they catch, what they never catch, and what they leave open beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from orgkit.design import Policy
from orgkit.design.checks.finding import Finding
from orgkit.guardrails.lens import NOTHING_KNOWN
from orgkit.guardrails.lint.names import left_over
from orgkit.guardrails.lint.reading import Line, Reading
from orgkit.guardrails.meaning import Meaning, Viewpoint, meaning
from orgkit.guardrails.question import statement_keys
from orgkit.guardrails.standing import Standing
from orgkit.policy.context import View
from orgkit.policy.touching import carriers, endpoint_regions, has_several_types


def other_resources(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A condition on a key that only one resource of a call carries, in a statement on all of them."""
    for line in reading.lines(policies):
        statement = line.statement
        if not statement.conditions:
            continue
        hit: dict[tuple[str, str], tuple[str, list[str]]] = {}
        for action in reading.catalogue.names(line.bits & _named(reading, line)):
            if not has_several_types(action):
                continue
            way = _viewpoint(reading).ways(action, statement_keys(statement))[0]
            for condition in statement.conditions:
                key = condition.key.lower()
                without = [one for one in way if key in one.lacks]
                if not without or len(without) == len(way) or condition.operator == "Null":
                    continue
                caught = []
                for one in without:
                    view = View({**dict.fromkeys(one.lacks)}, one.arn, None, True)
                    if statement.matches_resource(view) is not False:
                        caught += (
                            [one.type or "resource"] if condition.test(view) is (statement.effect == "Deny") else []
                        )
                if caught:
                    hit.setdefault((condition.full_operator, condition.key), (action, caught))
        for (operator, key), (action, types) in hit.items():
            shown = ", ".join(types[:4]) + (" and others" if len(types) > 4 else "")
            carrier = _carrier(reading, action, key)
            does = "always denied" if statement.effect == "Deny" else "never allowed"
            yield Finding(
                line.policy.id,
                f"{line.label}: a call of {action} also touches {shown}, which carry no {key}; there {operator} "
                f"{'holds' if statement.effect == 'Deny' else 'does not hold'}, so the call is {does}",
                f'Write "Resource": "{carrier}", so that only what carries the key is judged.',
            )


def twin_open(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A denied action beside which another does the same."""
    for line in reading.denies(policies):
        mine = reading.denied_by(line.policy.id)
        for twin in _twins():
            one, other = twin["actions"]
            for closed, left in ((one, other), (other, one)):
                bits = reading.catalogue.expand(closed), reading.catalogue.expand(left)
                if not line.bits & bits[0] or mine & bits[1] or not all(bits):
                    continue
                if line.statement.not_action or not _named(reading, line) & bits[0]:
                    continue
                if _closed_everywhere(reading, line.policy.id, bits[1]):
                    continue
                yield Finding(
                    line.policy.id,
                    f"{line.label}: {closed} is denied, but {left} is left open. {twin['why']}",
                    f"Deny {left} too.",
                    source=twin["source"],
                )


def never_matches(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A statement whose resources or conditions fit none of its actions."""
    for line in reading.lines(policies):
        if not line.bits or line.statement.unconditional or left_over(line):
            continue
        found = _meaning(reading, line)
        if not found.yes and not found.maybe:
            what = "stops nothing" if line.statement.effect == "Deny" else "allows nothing"
            absent = [
                key
                for key in (condition.key for condition in line.statement.conditions)
                if not carriers(key.lower()) & line.bits
            ]
            if absent:
                continue  # told as a key that does not exist, or that its actions do not carry
            yield Finding(
                line.policy.id,
                f"{line.label}: no call of its actions can fit its "
                f"{'resources' if not line.statement.every_resource else 'conditions'}, so the statement {what}",
                "Name resources of the types that these actions act on, or *.",
            )


def shadowed(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A Deny that adds nothing, since others deny the same without conditions."""
    for line in reading.denies(policies):
        if not line.bits:
            continue
        cover = 0
        by: dict[str, None] = {}
        for other in reading.denies([line.policy]):
            if other is line or not other.statement.unconditional:
                continue
            # Of two that say the same, the later one is superfluous.
            if (
                line.statement.unconditional
                and line.bits == other.bits
                and other.statement.index > line.statement.index
            ):
                continue
            if other.bits & line.bits:
                cover |= other.bits
                by[other.label] = None
        if not line.bits & ~cover:
            yield Finding(
                line.policy.id,
                f"{line.label}: {', '.join(by)} deny the same and more without conditions, so this one decides nothing",
                "Take it out; it only costs room.",
            )
            continue
        if (above := reading.denied_above(line.policy.id)) and not line.bits & ~above:
            yield Finding(
                line.policy.id,
                f"{line.label}: wherever it is attached, levels above deny the same without conditions",
                "Take it out, unless it is there in case the one above goes.",
            )


def region_guard(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A Deny by Region that also stops services whose one endpoint is in a Region that it does not permit."""
    regions = endpoint_regions(reading.org.settings.partition)
    for line in reading.denies(policies):
        guards = [one for one in line.statement.conditions if one.key.lower() == "aws:requestedregion"]
        if not guards or not any(one.rule.negated for one in guards):
            continue
        blocked: dict[str, list[str]] = {}
        for service, region in regions.items():
            if line.bits & reading.catalogue.service_bits(service):
                view = View({"aws:requestedregion": (region,)}, None, None, True)
                if all(one.test(view) for one in guards):
                    blocked.setdefault(region, []).append(service)
        for region, services in blocked.items():
            vital = sorted(_VITAL.intersection(services))
            shown = ", ".join([*vital, *(one for one in services if one not in vital)][:8])
            more = f" and {len(services) - 8} more" if len(services) > 8 else ""
            yield Finding(
                line.policy.id,
                f"{line.label}: {shown}{more} have one endpoint for all Regions, in {region}, which the guard does not "
                "permit: every call to them is denied wherever it comes from",
                f"Permit {region}, or put these services under NotAction.",
                severity="error" if vital else None,
            )


_VITAL = frozenset({"iam", "organizations", "route53", "cloudfront", "support"})


@cache
def _twins() -> list[dict[str, Any]]:
    data = json.loads(files("orgkit.guardrails.lint").joinpath("twins.json").read_text("utf-8"))
    found: list[dict[str, Any]] = data["twins"]
    return found


def _named(reading: Reading, line: Line) -> int:
    """The actions that a statement names one by one or by a pattern inside one service."""
    bits = 0
    for pattern in line.statement.actions:
        service, colon, name = pattern.partition(":")
        if colon and "*" not in service and name.strip("*"):
            bits |= reading.catalogue.expand(pattern)
    return 0 if line.statement.not_action else bits


def _carrier(reading: Reading, action: str, key: str) -> str:
    """The ARN pattern of the type that carries the key."""
    way = _viewpoint(reading).ways(action, frozenset({key.lower()}))[0]
    return next((one.arn for one in way if one.arn and key.lower() not in one.lacks), "*")


def _viewpoint(reading: Reading) -> Viewpoint:
    """From nowhere in particular: nothing is known, and any account may own the resource."""
    return Viewpoint(Standing(None, None, None, "*", (), None, {}), NOTHING_KNOWN, reading.org.settings.partition)


def _meaning(reading: Reading, line: Line) -> Meaning:
    among = reading.catalogue.rcp_bits if line.policy.type.startswith("RESOURCE") else reading.catalogue.all_bits
    return meaning(line.statement, among, _viewpoint(reading))


def _closed_everywhere(reading: Reading, policy: str, bits: int) -> bool:
    """Whether every target of the policy has another Deny on its path that has a say in these actions."""
    targets = reading.org.targets(policy)
    return bool(targets) and all(
        any(reading.denied_by(other) & bits for other in path if other != policy)
        for path in {reading.path(target) for target in targets}
    )
