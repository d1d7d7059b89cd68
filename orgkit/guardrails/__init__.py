"""What policies mean for an organization: who may still do what, why not, and what an edit would change."""

from orgkit.design.sections import Lens
from orgkit.guardrails.compare import Comparison, compare
from orgkit.guardrails.decide import decide
from orgkit.guardrails.expectations import expectations
from orgkit.guardrails.inheritance import levels
from orgkit.guardrails.lint import lint
from orgkit.guardrails.permissions import Permissions, permissions

__all__ = ["Comparison", "Lens", "Permissions", "compare", "decide", "expectations", "levels", "lint", "permissions"]
