"""Everything that is wrong with a design: what its structure, its guardrails and its own expectations say."""

from __future__ import annotations

from orgkit import guardrails
from orgkit.cost import shared_cost
from orgkit.design import Organization, Problems
from orgkit.design.checks import check as check_design


def check(org: Organization) -> Problems:
    """Structure and quotas, shared cost, lint of the guardrails, expectations, and what AWS recommends."""
    return Problems(
        [
            *check_design(org),
            *shared_cost(org),
            *guardrails.lint(org),
            *guardrails.expectations(org),
            *guardrails.practice(org),
        ]
    )
