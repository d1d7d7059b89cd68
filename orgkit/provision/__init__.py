"""From design to live: the plan as a graph of steps, its rehearsal, its execution, and the journal of a run."""

from orgkit.provision.account_requests import AccountRequest
from orgkit.provision.applied import Applied, Result
from orgkit.provision.apply import apply
from orgkit.provision.difference import Difference, Drift
from orgkit.provision.drift import drift
from orgkit.provision.exposure import Exposure
from orgkit.provision.inviting import Invitation, invitations, invite, missing_access_role
from orgkit.provision.plan import Plan
from orgkit.provision.planning import plan
from orgkit.provision.steps import Step
from orgkit.provision.vended import Vended, Vending
from orgkit.provision.vending import vend

__all__ = [
    "AccountRequest",
    "Applied",
    "Difference",
    "Drift",
    "Exposure",
    "Invitation",
    "Plan",
    "Result",
    "Step",
    "Vended",
    "Vending",
    "apply",
    "drift",
    "invitations",
    "invite",
    "missing_access_role",
    "plan",
    "vend",
]
