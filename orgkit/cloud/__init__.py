"""The live organization: targets to connect to, and an embedded AWS that keeps AWS's rules."""

from orgkit.cloud.capabilities import Capability, gaps
from orgkit.cloud.clock import Clock, SystemClock
from orgkit.cloud.connect import connect
from orgkit.cloud.faults import Faults
from orgkit.cloud.pacing import Pacer, Rate, published_rates
from orgkit.cloud.read import read
from orgkit.cloud.target import ACCESS_ROLE, Target

__all__ = [
    "ACCESS_ROLE",
    "Capability",
    "Clock",
    "Faults",
    "Pacer",
    "Rate",
    "SystemClock",
    "Target",
    "connect",
    "gaps",
    "published_rates",
    "read",
]
