"""A design as the recommendations look at it: its members, and what the guardrails leave to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, reduce
from operator import or_

from orgkit.design import RCP, SCP, Account, Organization, OrganizationalUnit
from orgkit.design.sections import Lens
from orgkit.errors import PolicyError
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue

_WHO = "aws:principal"
SUSPENDED = re.compile(r"suspend|quarantin", re.IGNORECASE)
SANDBOX = re.compile(r"sandbox", re.IGNORECASE)
_SHOWN = 3

Stopped = Mapping[str, int]  # by member's node, the actions that are stopped, as a bit set of the catalogue


class View:
    """Asks an organization; what several rules need is worked out once."""

    def __init__(self, org: Organization) -> None:
        self.org = org
        self.members = [account for account in org.accounts() if not account.management]

    @cached_property
    def guarded(self) -> bool:
        """Whether service control policies have effect here, and all policies can be read."""
        if not self.org.enforces(SCP):
            return False
        try:
            self.open("s3:CreateBucket")
        except PolicyError:
            return False  # lint says so already
        return True

    @cached_property
    def plain(self) -> Stopped:
        """For an application's role of each account, at home."""
        return self.through("role/application", self.org.settings.home_region)

    def through(self, principal: str, region: str) -> Stopped:
        """What the guardrails stop for one principal of each member account in a region."""
        arn = f"arn:{self.org.settings.partition}:iam::{{{{account.id}}}}:{principal}"
        survey = Survey(self.org, Lens(name=principal, principal=arn, region=region), Shared())
        cells = {account.id: survey.cell(account) for account in self.members}
        stopped = {id(cell): _stopped(cell) for cell in cells.values()}
        return {node: stopped[id(cell)] for node, cell in cells.items()}

    def open(
        self, action: str, stopped: Stopped | None = None, accounts: Iterable[Account] | None = None
    ) -> list[Account]:
        """The member accounts in which no guardrail stops an action; one that turns on who asks does stop it."""
        bits = load_catalogue().expand(action)
        looked = self.plain if stopped is None else stopped
        return [a for a in (self.working if accounts is None else accounts) if bits & ~looked[a.id]]

    @cached_property
    def working(self) -> list[Account]:
        """The members that are in use: not those that wait for their end."""
        waiting = {account.id for ou in self.named(SUSPENDED) for account in self.org.accounts(ou.id)}
        return [account for account in self.members if account.id not in waiting and account.state == "ACTIVE"]

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
