"""What is live, in words, where a step would make it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from orgkit.design import Organization
from orgkit.provision.drift_words_around import AROUND
from orgkit.provision.planning.steps import Step

Words = Callable[[Step, Organization], str]


def words(step: Step, live: Organization) -> str:
    """A sentence about the live organization, the opposite of what a step would do."""
    made = _WORDS.get(step.kind) or AROUND.get(step.kind)
    if made is not None:
        return made(step, live)
    return f"{step.place}: not as designed (to {step.text} would mend it)"


def _missing(step: Step, live: Organization) -> str:
    return f"{step.text.removeprefix('create ')} is missing"


def _between(step: Step, verb: str, link: str, said: str) -> str:
    thing, _, place = step.text.removeprefix(f"{verb} ").partition(f" {link} ")
    return f"{thing} {said} {place}"


def _moved(step: Step, live: Organization) -> str:
    name = step.place
    for account in live.accounts():
        if account.email.casefold() == step.id.partition(":")[2]:
            return f"{name} stands in {live.path(live.parent(account.id) or live.root.id)}"
    return f"{name} stands elsewhere"


def _called(step: Step, live: Organization) -> str:
    thing, _, name = step.text.removeprefix("rename ").rpartition(" to ")
    return f"{thing} is not called {name}"


def _tagged(step: Step, live: Organization) -> str:
    if step.kind == "untag":
        keys = step.parameters["TagKeys"]
        return f"{step.place} has the tag{'s' if len(keys) > 1 else ''} {', '.join(keys)}"
    tags = ", ".join(f"{tag['Key']}={tag['Value']}" for tag in step.parameters["Tags"])
    return f"{step.place} is not tagged {tags}"


def _administers(step: Step, live: Organization) -> str:
    place, _, service = step.text.removeprefix("let ").partition(" administer ")
    return f"{place} does not administer {service}"


_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "create_organization": lambda step, live: "there is no organization",
        "create_ou": _missing,
        "create_account": _missing,
        "create_policy": _missing,
        "attach_policy": lambda step, live: _between(step, "attach", "to", "is not attached to"),
        "detach_policy": lambda step, live: _between(step, "detach", "from", "is attached to"),
        "move_account": _moved,
        "rename_ou": _called,
        "rename_account": _called,
        "update_policy": lambda step, live: f"{step.text.removeprefix('change ')} is not as designed",
        "tag": _tagged,
        "untag": _tagged,
        "put_contact": lambda step, live: (
            f"{step.parameters['Name']} is not whom AWS writes to about {step.id.partition(':')[2]}"
        ),
        "create_budget": lambda step, live: f"{step.place} has no budget",
        "update_budget": lambda step, live: f"the budget of {step.place} is another: {step.why}",
        "delete_budget": lambda step, live: f"{step.place} has a budget, and is gone",
        "set_cost_tags": lambda step, live: f"cost allocation tags are others than in the design (to {step.text})",
        "enable_trusted_access": lambda step, live: f"{step.parameters['ServicePrincipal']} has no trusted access",
        "disable_trusted_access": lambda step, live: f"{step.parameters['ServicePrincipal']} has trusted access",
        "enable_policy_type": lambda step, live: f"{step.parameters['PolicyType']} is not enabled",
        "disable_policy_type": lambda step, live: f"{step.parameters['PolicyType']} is enabled",
        "register_delegated_administrator": _administers,
        "deregister_delegated_administrator": lambda step, live: (
            f"{step.place} administers {step.parameters['ServicePrincipal']}"
        ),
    }
)
