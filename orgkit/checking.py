"""Everything that is wrong with a design: what its structure, its guardrails and its own expectations say."""

from __future__ import annotations

from orgkit.cost import shared_cost
from orgkit.design import Organization, Problems
from orgkit.design.checks import followed as design
from orgkit.design.touched import Touched
from orgkit.guardrails.expectations import followed as expectations
from orgkit.guardrails.lint import followed as lint
from orgkit.guardrails.practice import followed as practice


def check(org: Organization) -> Problems:
    """Structure and quotas, shared cost, lint of the guardrails, expectations, and what AWS recommends."""
    return Checker(org).problems()


class Checker:
    """The same for an organization that is being edited: only what an edit can touch is looked at again."""

    def __init__(self, org: Organization) -> None:
        self._org = org
        self._tables = design(), lint(), expectations(), practice()
        self._marks = org.marks
        self._revision: int | None = None
        self._found = Problems()

    def problems(self) -> Problems:
        """All of them, as `check` would find them now."""
        org = self._org
        if self._revision is None or self._marks is not org.marks:
            touched = Touched.everything(org)
        elif self._revision == org.revision:
            return self._found
        else:
            touched = Touched(org, org.changes(self._revision))
        found = [problem for table in self._tables for problem in table.problems(org, touched)]
        self._found = Problems([*found, *shared_cost(org)])
        self._revision, self._marks = org.revision, org.marks
        return self._found
