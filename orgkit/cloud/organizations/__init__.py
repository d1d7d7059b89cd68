"""AWS Organizations as the embedded AWS offers it: AWS's rules, error codes and reasons, over a state of its own."""

from orgkit.cloud.organizations.call import Call, Fate
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations.service import SUPPORTED, Organizations

__all__ = ["SUPPORTED", "ApiError", "Call", "Fate", "Organizations"]
