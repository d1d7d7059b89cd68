"""A moment in which an account is less guarded, and how it is told to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from orgkit.guardrails.inheritance import document
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.duration import duration
from orgkit.provision.planning.exposure import Exposure
from orgkit.provision.planning.steps import Step

Policies = frozenset[tuple[str, str]]  # names and texts

BORN = "Unavoidable: AWS creates accounts in the root. Usually 1–5 min"
NO_SLOT = "Unavoidable: no slot is free there, so one policy is detached before another is attached"
NOT_FOUND = "No order of these steps was found in which less is exposed"
RESUME = "if the run stops there, resume first."


@dataclass(frozen=True, slots=True)
class Moment:
    """From after step `since` until step `until`, the actions of `bits` are less guarded for an account (a node).

    `holding` are the policies that bind it then, `lacking` those that will and do not yet, with their types.
    """

    account: str
    since: Step
    until: Step
    bits: int
    holding: Policies
    lacking: tuple[tuple[str, str, str], ...]  # type, name, text

    @property
    def unavoidable(self) -> bool:
        """Whether it is that of a new account, which AWS creates in the root, until it is moved."""
        return (
            self.since.kind == "create_account"
            and self.until.kind == "move_account"
            and self.until.parameters["AccountId"] == "{{" + self.since.produces[0] + "}}"
        )


def told(
    draft: Draft, needed: nx.DiGraph[str], order: Sequence[str], moments: Sequence[Moment], paths: Mapping[str, str]
) -> Iterator[Exposure]:
    """What a plan says of moments; `paths` are those of the accounts in the end."""
    place = {step: number for number, step in enumerate(order)}
    why: dict[tuple[str, str], str] = {}
    lacks: dict[tuple[tuple[tuple[str, str, str], ...], int], str] = {}
    for moment in moments:
        between = (moment.since.id, moment.until.id)
        if between not in why:
            steps = [draft.steps[step] for step in order[place[between[0]] + 1 : place[between[1]] + 1]]
            why[between] = _reason(needed, moment, steps)
        lack = (moment.lacking, moment.bits)
        if lack not in lacks:
            lacks[lack] = _lacking(moment)
        yield Exposure(
            account=paths[moment.account],
            since=between[0],
            until=between[1],
            message=_message(moment, lacks[lack]),
            reason=why[between],
            actions=moment.bits.bit_count(),
        )


def _message(moment: Moment, lacking: str) -> str:
    if moment.unavoidable:
        return f"only the root's policies hold; {lacking}"
    return f"{lacking} hold" if lacking.endswith(" not") else lacking


def _lacking(moment: Moment) -> str:
    """Which denies do not hold; where it is not for want of denies, how many actions that concerns."""
    found: dict[str, int] = {}
    for kind, name, text in moment.lacking:
        if count := _denies(text, kind, name, moment.bits):
            found[name] = found.get(name, 0) + count
    if not found:
        count = moment.bits.bit_count()
        return f"{count} action{'s are' if count > 1 else ' is'} less guarded than before and after"
    denies = " and ".join(f"the {n} {'denies' if n > 1 else 'deny'} of {name}" for name, n in found.items())
    return f"{denies} {'do' if len(found) > 1 or any(n > 1 for n in found.values()) else 'does'} not"


def _denies(text: str, kind: str, name: str, bits: int) -> int:
    statements = document(text, kind, name).statements
    return sum(1 for one in statements if one.effect == "Deny" and one.action_bits(load_catalogue()) & bits)


def _reason(needed: nx.DiGraph[str], moment: Moment, steps: Sequence[Step]) -> str:
    since, until = moment.since, moment.until
    if moment.unavoidable:
        return f"{BORN}; {RESUME}"
    if not nx.has_path(needed, since.id, until.id):
        why = NOT_FOUND
    elif (since.kind, until.kind) == ("detach_policy", "attach_policy") and since.place == until.place:
        why = NO_SLOT
    else:
        why = f"Unavoidable: AWS takes “{until.text}” only after “{since.text}”"
    return f"{why}. Usually {duration(steps).usual}; {RESUME}"
