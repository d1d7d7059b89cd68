"""Whether two sets of policies of one level say the same: over the whole catalogue, and to requests drawn at random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orgkit import policy
from orgkit.design import RCP
from orgkit.guardrails.inheritance import document
from orgkit.guardrails.lens import NOTHING_KNOWN
from orgkit.guardrails.matrix import level_bits, read_document
from orgkit.guardrails.meaning import Viewpoint
from orgkit.guardrails.standing import Standing
from orgkit.policy.candidates import candidates
from orgkit.policy.catalogue import load_catalogue
from orgkit.policy.context import View
from orgkit.policy.touching import touched

_REQUESTS = 500


@dataclass(frozen=True)
class Equivalence:
    """What was compared: the table over all actions, and so many requests; `difference` is the first that was found."""

    actions: int
    requests: int
    difference: str = ""

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return not self.difference

    def __str__(self) -> str:
        if self.difference:
            return f"not the same: {self.difference}"
        return (
            f"the same over {self.actions:,} actions, and to {self.requests:,} requests drawn from their own conditions"
        )


def equivalence(before: Sequence[str], after: Sequence[str], type: str, *, requests: int = _REQUESTS) -> Equivalence:
    """Compare JSON texts of two levels; the requests are always the same ones."""
    catalogue = load_catalogue()
    nowhere = Viewpoint(Standing(None, None, None, "*", (), None, {}), NOTHING_KNOWN, "aws")
    bits = [
        level_bits([one for text in texts for one in read_document("", text, type, nowhere)], type, nowhere)
        for texts in (before, after)
    ]
    for what in ("denied", "perhaps_denied", "allowed", "perhaps_allowed"):
        odd = getattr(bits[0], what) ^ getattr(bits[1], what)
        if odd:
            name = next(catalogue.names(odd))
            return Equivalence(len(catalogue), 0, f"{name} is {what.replace('_', ' ')} by one side only")
    sides = [_compiled(texts, type) for texts in (before, after)]
    statements = [one for text in before for one in document(text, type, "").statements]
    for number, request in enumerate(_drawn(statements, requests)):
        said = [side.outcome(request) for side in sides]
        if said[0] != said[1]:
            return Equivalence(len(catalogue), number + 1, f"{request} is {said[0]} before and {said[1]} after")
    return Equivalence(len(catalogue), requests if statements else 0)


def _compiled(texts: Sequence[str], type: str) -> policy.Compiled:
    level = policy.Level("level", tuple(policy.Named("", document(text, type, "")) for text in texts))
    return policy.compile((), (level,)) if type == RCP else policy.compile((level,))


def _drawn(statements: Sequence[policy.Statement], number: int) -> list[dict[str, Any]]:
    """Requests about the statements' own actions and resources, with values that their conditions mention."""
    chance = random.Random(0)
    catalogue = load_catalogue()
    conditions: dict[str, list[policy.Condition]] = {}
    for statement in statements:
        for condition in statement.conditions:
            for key in condition.keys:
                conditions.setdefault(key.lower(), []).append(condition)
    empty = View({}, None, None, True)
    values = {
        key: [one.values for one in candidates(key, held, empty, used_as_variable=True)]
        for key, held in conditions.items()
    }
    actions = [list(catalogue.names(one.action_bits(catalogue))) for one in statements]
    found = []
    for _ in range(number if any(actions) else 0):
        place = chance.choice([index for index, names in enumerate(actions) if names])
        action = chance.choice(actions[place])
        arns = [arn.replace("*", "x") for arn in statements[place].resources if arn.startswith("arn:")]
        way = chance.choice(touched(action, None, partition="aws", region="eu-west-1", owner="111111111111"))
        context = {key: chance.choice(tried) for key, tried in values.items()}
        resource = [chance.choice(arns)] if arns and chance.random() < 0.5 else [(one.arn or "*") for one in way]
        found.append(
            {
                "action": action,
                "resource": [arn.replace("*", "x") if arn != "*" else arn for arn in resource],
                "context": {key: value for key, value in context.items() if value is not None},
            }
        )
    return found
