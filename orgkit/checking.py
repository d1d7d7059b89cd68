"""Everything that is wrong with a design: what its structure, its guardrails and its own expectations say."""

from __future__ import annotations

from collections.abc import Iterator

from orgkit import guardrails
from orgkit.design import Organization, Problem, Problems
from orgkit.design.checks import check as check_design

# What `org.yaml` can say and nothing carries out yet, with the name a person knows it by.
DESCRIBED = {
    "baselines": "baseline stack sets",
}


def check(org: Organization) -> Problems:
    """Structure and quotas, lint of the guardrails, expectations, and what is described but not applied."""
    return Problems([*check_design(org), *guardrails.lint(org), *guardrails.expectations(org), *_described(org)])


def _described(org: Organization) -> Iterator[Problem]:
    for key, words in DESCRIBED.items():
        if key in org.settings.declared:
            yield Problem(
                code="described-not-applied",
                severity="note",
                where=org.where(key),
                message=f"{words}: described, not applied",
                fix="Carry this part out by other means for now; the rest of the design does not depend on it.",
            )
