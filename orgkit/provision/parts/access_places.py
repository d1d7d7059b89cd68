"""Where a part of `access:` goes: the accounts of its `to:`, an OU's all of them, and those that cannot have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orgkit.design import Account, Organization
from orgkit.errors import InputError
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft

ACTIVE = ("ACTIVE", "PENDING_ACTIVATION")


@dataclass(frozen=True, slots=True)
class Place:
    """An account of the design: its id in AWS once it has one, and the step after which it is where it should be."""

    account: Account
    aws_id: str | None
    ready: tuple[str, ...]


def places(draft: Draft, to: tuple[str, ...], where: str, what: str) -> list[Place]:
    """The accounts that `to` stands for and that can have it; what stands in the way of the others is said.

    An account that is suspended is refused where it is named itself, and left out where its OU is.
    """
    found: dict[str, Place] = {}
    for name in to:
        try:
            node = draft.design.find(name, "root", "ou", "account")
        except InputError as error:
            draft.block(
                "unknown-place", draft.design.where(where), f"{what}: {error.what}", error.mend or "Correct it."
            )
            continue
        for account in draft.design.accounts(node):
            if account.id not in found and _can_have(draft, account, where, what, named=account.id == node):
                found[account.id] = _place(draft, account)
    return list(found.values())


def accounts_of(design: Organization, to: tuple[str, ...]) -> Iterator[Account]:
    """The accounts that `to` stands for; a name that stands for nothing is passed over."""
    for name in to:
        try:
            yield from design.accounts(design.find(name, "root", "ou", "account"))
        except InputError:
            continue


def live_accounts(live: Organization, name: str) -> list[Account]:
    """The live accounts that a name stands for; none where it stands for nothing."""
    try:
        return list(live.accounts(live.find(name, "root", "ou", "account")))
    except InputError:
        return []


def _can_have(draft: Draft, account: Account, where: str, what: str, *, named: bool) -> bool:
    place = draft.place(account.id)
    owner = draft.left_to(account.id)
    if owner:
        draft.hold("managed-elsewhere", place, f"{what}: the account is left to {owner}", f"Do it with {owner}.")
        return False
    now = draft.match.live.get(account.id)
    state = draft.live.account(now).state if draft.exists and now is not None else "ACTIVE"
    if state in ACTIVE:
        return True
    if named:
        draft.block(
            "account-not-active",
            draft.design.where(where),
            f"{what} goes to {place}, and this account is {state}",
            "Take the account out of to:, or have it reopened.",
        )
    else:
        draft.hold("account-not-active", place, f"{what}: left out, as the account is {state}", "Have it reopened.")
    return False


def _place(draft: Draft, account: Account) -> Place:
    now = draft.match.live.get(account.id)
    aws_id = draft.live.account(now).aws_id if draft.exists and now is not None else None
    move = f"move_account:{'management' if account.management else account.email.casefold()}"
    return Place(account, aws_id, (move,) if move in draft.steps else ())


def reference_of(draft: Draft, name: str) -> str | None:
    """The reference of an account of the design, or the id of one outside; None where there is no such account."""
    if len(name) == 12 and name.isdigit():
        for account in draft.design.accounts():
            if account.aws_id == name:
                return draft.ref(account.id)
        return name
    try:
        return draft.ref(draft.design.find(name, "account"))
    except InputError:
        return None


def in_this_account(text: str, account: str) -> str:
    """`{{account.id}}` stands for the account that a role is in."""
    return text.replace(references.written("account.id"), account)
