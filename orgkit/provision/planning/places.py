"""Where a step beside the tree happens: which account, and what has to be done there before."""

from __future__ import annotations

from dataclasses import dataclass

from orgkit.design import Account
from orgkit.provision.planning.draft import Draft


@dataclass(frozen=True, slots=True)
class Place:
    """An account as steps name it: `account` None is the caller's own; `after` are the steps that bring it there."""

    name: str
    account: str | None
    after: tuple[str, ...] = ()


def place_of(draft: Draft, account: Account, what: str) -> Place | None:
    """The place of an account of the design; None, and said so, where AWS would not let anybody in."""
    name = draft.place(account.id)
    if account.management:
        return Place(name, None)
    now = draft.match.live.get(account.id)
    state = draft.live.account(now).state if now is not None else "ACTIVE"
    if state != "ACTIVE":
        draft.hold(
            "account-not-active",
            name,
            f"{what} cannot be set up in it while it is {state}",
            "Reactivate the account, or name another.",
            severity="warning",
        )
        return None
    return Place(name, draft.ref(account.id), arrival(draft, account.id))


def arrival(draft: Draft, node: str) -> tuple[str, ...]:
    """The steps that take an account to where the design has it."""
    return tuple(step for step, (account, _) in draft.moves.items() if account == node)


def needs_trust(draft: Draft, service: str, what: str, where: str) -> bool:
    """Whether a service has trusted access once the plan is carried out; where not, the plan is blocked."""
    settings, now = draft.design.settings, draft.live.settings
    if f"enable_trusted_access:{service}" in draft.steps:
        return True
    if service in now.trusted_access and f"disable_trusted_access:{service}" not in draft.steps:
        return True
    if "trusted access" in draft.live.unknown:
        return True
    listed = "trusted_access" in settings.declared
    draft.block(
        "no-trusted-access",
        draft.design.where(where),
        f"{what} needs trusted access of {service}, which the design does not list",
        f"Add {service} to organization.trusted_access." if listed else f"Write trusted_access: [{service}, …].",
    )
    return False


def unread(draft: Draft, part: str) -> bool:
    """Whether a part of the live organization could not be read, which is said."""
    if part not in draft.live.unknown:
        return False
    draft.hold(
        "not-readable",
        draft.design.where(part),
        f"{part}: the caller may not read how it stands, so nothing of it is compared or done",
        "Plan with a role that may enter these accounts through their access role; where a guardrail denies the "
        "reading, plan again once it is gone.",
        severity="warning",
    )
    return True
