"""What tests ask of plans."""

from __future__ import annotations

from collections.abc import Iterable

from orgkit.design import Problem
from orgkit.provision import Plan


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def texts(made: Plan) -> list[str]:
    return [step.text for step in made.steps]


def codes(problems: Iterable[Problem]) -> set[str]:
    return {problem.code for problem in problems}
