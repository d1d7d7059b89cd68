"""What policies mean for an organization: who may still do what, why not, and what an edit would change."""

from orgkit.design.sections import Lens
from orgkit.guardrails.assumable import Assumable, assumable
from orgkit.guardrails.compare import Comparison, Group, compare
from orgkit.guardrails.decide import decide
from orgkit.guardrails.effective import Effective, effective
from orgkit.guardrails.expectations import Result, expectations, run
from orgkit.guardrails.heat import HeatMap
from orgkit.guardrails.inheritance import levels
from orgkit.guardrails.lint import lint
from orgkit.guardrails.log_guardrail import log_guardrail
from orgkit.guardrails.log_policy import log_bucket_policy
from orgkit.guardrails.packing import Packing, pack, pack_documents
from orgkit.guardrails.permissions import Permissions, permissions
from orgkit.guardrails.practice import practice
from orgkit.guardrails.quarantine import quarantine
from orgkit.guardrails.second_opinion import OpinionatedDecision, SecondOpinion
from orgkit.guardrails.tag_policy import attach_tag_policy, tag_policy
from orgkit.guardrails.views import AccountPermissions, GroupPermissions, Who
from orgkit.guardrails.witness import Witness

__all__ = [
    "AccountPermissions",
    "Assumable",
    "Comparison",
    "Effective",
    "Group",
    "GroupPermissions",
    "HeatMap",
    "Lens",
    "OpinionatedDecision",
    "Packing",
    "Permissions",
    "Result",
    "SecondOpinion",
    "Who",
    "Witness",
    "assumable",
    "attach_tag_policy",
    "compare",
    "decide",
    "effective",
    "expectations",
    "levels",
    "lint",
    "log_bucket_policy",
    "log_guardrail",
    "pack",
    "pack_documents",
    "permissions",
    "practice",
    "quarantine",
    "run",
    "tag_policy",
]
