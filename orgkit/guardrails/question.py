"""From a question about an account to requests that the engine decides.

What the caller leaves out is unknown. A key that the call cannot carry, by AWS's own catalogue, is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orgkit import policy
from orgkit.design import Account, Organization
from orgkit.design.sections import Lens
from orgkit.errors import InputError
from orgkit.guardrails import inheritance
from orgkit.guardrails.lens import Scenario, scenario
from orgkit.guardrails.standing import Standing, standing
from orgkit.policy.catalogue import load_catalogue
from orgkit.policy.patterns import is_wild
from orgkit.policy.touching import Way, carriers, endpoint_regions, fits, touched


@dataclass(frozen=True)
class Question:
    """One call in one account: the levels that meet it, the context keys known, and the resources it touches."""

    action: str
    standing: Standing
    context: Mapping[str, Any]
    ways: tuple[Way, ...]

    @property
    def compiled(self) -> policy.Compiled:
        """The levels over both sides, ready for requests."""
        return inheritance.compiled(self.standing.scps, self.standing.rcps)

    def request(self, way: Way) -> dict[str, Any]:
        """The request as the engine takes it, on one of the ways that the call may go."""
        return {
            "action": self.action,
            "resource": list(way),
            "principal": self.standing.principal,
            "context": self.context,
        }


def ask(
    org: Organization,
    account: Account,
    action: str,
    resource: str | None = None,
    principal: str | Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    lens: str | Lens | None = None,
) -> Question:
    """Put a question together; an action that AWS does not have is an InputError with the nearest name."""
    action = known_action(action)
    seen = scenario(org, account, lens)
    if principal is None:
        principal = seen.principal
    elif isinstance(principal, str):
        principal = _own(org, account, principal)
    if resource is not None:
        resource = _own(org, account, resource)
    elif seen.resource is not None and fits(action, seen.resource):
        resource = seen.resource
    stands = standing(org, account, principal, resource)
    explicit = {key.lower(): value for key, value in (context or {}).items()}
    known = known_context(stands, seen, action, org.settings.partition) | explicit
    region = known.get("aws:requestedregion")
    place = load_catalogue().index.get(action.lower())
    # The caller may insist on a key that the catalogue does not know of; of those it knows, each resource has its own.
    insisted = {key for key in explicit if place is None or not carriers(key) >> place & 1}
    ways = touched(
        action,
        resource,
        partition=org.settings.partition,
        region=region if isinstance(region, str) else None,
        owner=stands.owner_id,
        keys=open_keys(stands) - insisted,
    )
    return Question(action, stands, known, ways)


def known_context(stands: Standing, seen: Scenario, action: str, partition: str) -> dict[str, Any]:
    """What is known of the context, with lower-case keys: what AWS fills in, then what a call can carry of a scenario.

    A service with one endpoint for all Regions is called there, wherever the scenario is.
    """
    known = {key.lower(): value for key, value in stands.context.items()}
    index = load_catalogue().index.get(action.lower())
    for key, value in seen.context.items():
        if index is None or carriers(key.lower()) >> index & 1:
            known[key.lower()] = value
    if (only := endpoint_regions(partition).get(action.partition(":")[0].lower())) is not None:
        known["aws:requestedregion"] = only
    return known


def known_action(action: str) -> str:
    """The action as AWS writes it; a pattern (`s3:Get*`) is taken as it is where it covers something."""
    catalogue = load_catalogue()
    if not is_wild(action):
        return catalogue.find_action(action).name
    if not catalogue.expand(action):
        raise InputError(f'no action of AWS matches "{action}"', mend=catalogue.nearest(action) or None)
    return action


def open_keys(stands: Standing) -> frozenset[str]:
    """Every context key, in lower case, that the policies over both sides look at."""
    return _keys_of(stands.scps).union(_keys_of(stands.rcps or ()))


@lru_cache(maxsize=4096)
def _keys_of(levels: inheritance.Chain) -> frozenset[str]:
    found: set[str] = set()
    for _, type, texts in levels:
        for name, text in texts:
            for statement in inheritance.document(text, type, name).statements:
                found.update(statement_keys(statement))
    return frozenset(found)


def statement_keys(statement: policy.Statement) -> frozenset[str]:
    """Every context key, in lower case, that a statement looks at."""
    keys = [key for condition in statement.conditions for key in condition.keys]
    return frozenset(key.lower() for key in (*keys, *statement.resource_keys))


def _own(org: Organization, account: Account, text: str) -> str:
    return inheritance.bound(org, text.replace("{{account.id}}", inheritance.account_id(account)))
