"""The views, as a table: to add one, write a function that makes a Picture and enter it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from orgkit.design import Organization
from orgkit.diagram.picture import Picture
from orgkit.diagram.views.access import access
from orgkit.diagram.views.changes import changes
from orgkit.diagram.views.cost import cost
from orgkit.diagram.views.guardrails import guardrails
from orgkit.diagram.views.parts import Options
from orgkit.diagram.views.structure import structure


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at an organization; `takes` names the options of `draw` that only some views have."""

    picture: Callable[[Organization, Options], Picture]
    says: str
    takes: frozenset[str] = frozenset()


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "structure": View(structure, "root, OUs, accounts, and what is attached where"),
        "guardrails": View(guardrails, "which SCPs and RCPs hold where, own and inherited", frozenset({"permissions"})),
        "access": View(access, "who can come into which account, and what the guardrails leave of it"),
        "cost": View(cost, "planned cost, shares and budgets", frozenset({"rollup"})),
        "changes": View(changes, "what is different between two organizations", frozenset({"before"})),
    }
)
