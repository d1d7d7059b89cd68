"""From design to live: the plan as a graph of steps, its rehearsal, its execution, and the journal of a run."""

from orgkit.provision.drift import drift
from orgkit.provision.execution.applied import Applied, Result
from orgkit.provision.execution.apply import apply
from orgkit.provision.execution.control import Control
from orgkit.provision.execution.events import Event
from orgkit.provision.execution.inviting import Invitation, invitations, invite, missing_access_role
from orgkit.provision.looked_at import looked_at
from orgkit.provision.planning.difference import Difference, Drift
from orgkit.provision.planning.exposure import Exposure
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.planner import plan
from orgkit.provision.planning.steps import Step
from orgkit.provision.vending.account_requests import AccountRequest
from orgkit.provision.vending.vend import vend
from orgkit.provision.vending.vended import Vended, Vending

__all__ = [
    "AccountRequest",
    "Applied",
    "Control",
    "Difference",
    "Drift",
    "Event",
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
    "looked_at",
    "missing_access_role",
    "plan",
    "vend",
]
