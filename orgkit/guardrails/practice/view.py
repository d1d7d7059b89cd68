"""A design as the recommendations look at it: its members, and what the guardrails leave to whom."""

from __future__ import annotations

import re
from functools import cached_property, reduce
from itertools import pairwise
from operator import or_

from orgkit.design import RCP, SCP, Account, Organization, OrganizationalUnit
from orgkit.design.changes import Add, Attach
from orgkit.design.sections import Lens
from orgkit.errors import PolicyError
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.permissions import Asked, Permissions
from orgkit.guardrails.survey import Survey
from orgkit.policy.catalogue import load_catalogue

_WHO = "aws:principal"
SUSPENDED = re.compile(r"suspend|quarantin", re.IGNORECASE)
SANDBOX = re.compile(r"sandbox", re.IGNORECASE)
_SHOWN = 3


class Stopped:
    """What the guardrails stop for one principal of each account, as bit sets of the catalogue."""

    def __init__(self, found: Permissions) -> None:
        self._cells = found.cells
        self._by_cell = {key: _stopped(cell) for key, cell in {id(one): one for one in self._cells.values()}.items()}

    def free(self, bits: int, accounts: list[Account]) -> list[Account]:
        """The accounts in which some of these actions are not stopped."""
        free = {cell for cell, stopped in self._by_cell.items() if bits & ~stopped}
        if not free or len(free) == len(self._by_cell):
            return accounts if free else []
        return [account for account in accounts if id(self._cells[account.id]) in free]


class View:
    """Asks an organization; what several rules need is worked out once, and what was asked `before` is followed."""

    def __init__(self, org: Organization, before: View | None = None) -> None:
        self.org = org
        self.members = [account for account in org.accounts() if not account.management]
        self._asked: Asked = Asked(org, before._asked if before else None)

    @cached_property
    def guarded(self) -> bool:
        """Whether service control policies have effect here, and all policies can be read."""
        if not self.org.enforces(SCP):
            return False
        try:
            self.plain  # noqa: B018
        except PolicyError:
            return False  # lint says so already
        return True

    @cached_property
    def plain(self) -> Stopped:
        """For an application's role of each account, at home."""
        return self.through("role/application", self.org.settings.home_region)

    def through(self, principal: str, region: str) -> Stopped:
        """What the guardrails stop for one principal of each account in a region."""
        return Stopped(self._asked.through(self._lens(principal, region)))

    def open(self, action: str, stopped: Stopped | None = None, accounts: list[Account] | None = None) -> list[Account]:
        """The member accounts in which no guardrail stops an action; one that turns on who asks does stop it."""
        looked = self.plain if stopped is None else stopped
        return looked.free(load_catalogue().expand(action), self.working if accounts is None else accounts)

    def stopped_in(self, ou: OrganizationalUnit) -> int:
        """What the guardrails would stop for an application's role of an account that came into an OU."""
        lens = self._lens("role/application", self.org.settings.home_region)
        probe, account = _newcomer(self.org, ou)
        return _stopped(Survey(probe, lens, self._asked.through(lens).shared).cell(account))

    def _lens(self, principal: str, region: str) -> Lens:
        arn = f"arn:{self.org.settings.partition}:iam::{{{{account.id}}}}:{principal}"
        return Lens(name=principal, principal=arn, region=region)

    @cached_property
    def working(self) -> list[Account]:
        """The members that are in use: not those that wait for their end."""
        waiting = {account.id for ou in self.named(SUSPENDED) for account in self.org.accounts(ou.id)}
        return [account for account in self.members if account.id not in waiting and account.state == "ACTIVE"]

    @cached_property
    def handles(self) -> str:
        """Those of all members, one a line, in lower case: a text to look for words in."""
        return "\n".join(account.handle for account in self.members).lower()

    def named(self, words: re.Pattern[str]) -> list[OrganizationalUnit]:
        """The OUs whose name says so."""
        return [ou for ou in self.org.ous() if words.search(ou.name)]

    def listed(self, accounts: list[Account]) -> str:
        """`app-a-prod, app-b-prod and 7 more`, or all of them in one word."""
        if len(accounts) == len(self.working) > 1:
            return f"all {len(accounts)} member accounts"
        names = ", ".join(account.handle for account in accounts[:_SHOWN])
        return names + (f" and {len(accounts) - _SHOWN} more" if len(accounts) > _SHOWN else "")

    def has_guardrail(self, node: str) -> bool:
        """Whether a guardrail of the design's own is attached right here."""
        return any(policy.type in (SCP, RCP) for policy in self.org.attached(node, implied=False))


def _stopped(cell: ChainBits) -> int:
    """What is blocked, and what depends on the principal alone: some are exempt, the others are stopped."""
    who = (bits for keys, bits in cell.turns if all(key.lower().startswith(_WHO) for key in keys))
    return reduce(or_, who, cell.blocked)


def _newcomer(org: Organization, ou: OrganizationalUnit) -> tuple[Organization, Account]:
    """An account that nobody has yet in an OU, and of the organization what stands above it."""
    probe = Organization(org.root, org.settings)
    account = Account(id="account:newcomer", handle="newcomer", name="newcomer", email="newcomer@example.invalid")
    chain = org.chain(ou.id)
    policies = {policy.id: policy for node in chain for policy in org.attached(node, implied=False)}
    probe.build(
        *(Add(org.entity(node), above) for above, node in pairwise(chain)),
        *map(Add, policies.values()),
        *(Attach(policy.id, node) for node in chain for policy in org.attached(node, implied=False)),
        Add(account, ou.id),
    )
    return probe, account
