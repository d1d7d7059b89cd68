"""From design to live: the plan as a graph of steps, its rehearsal, its execution, and the journal of a run."""

from orgkit.provision.applied import Applied, Result
from orgkit.provision.apply import apply
from orgkit.provision.exposure import Exposure
from orgkit.provision.plan import Plan
from orgkit.provision.planning import plan
from orgkit.provision.steps import Step

__all__ = ["Applied", "Exposure", "Plan", "Result", "Step", "apply", "plan"]
