"""What an edit means for the whole organization: who may do more or less, whose cost it is, what is wrong now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final

from orgkit.cost import rollup
from orgkit.design import Account, Money, Organization, Problem, Problems, Target
from orgkit.design.changes import Change, Move
from orgkit.design.touched import Touched
from orgkit.errors import OrgkitError
from orgkit.guardrails import Group, compare, telling
from orgkit.notebook.designer.rows import Costs, differing, figure, money

if TYPE_CHECKING:
    from orgkit.provision import Plan

_VERBS: Final = {
    "gains": ("+", "no longer blocked"),
    "gains under conditions": ("+", "less blocked, under conditions"),
    "may under other conditions": ("~", "under other conditions"),
    "loses": ("−", "now blocked"),
    "loses under conditions": ("−", "now blocked under conditions"),
}
_LINE: Final = 140  # letters of a problem or step in a summary
WITNESSED: Final = 6  # groups for which a request that shows it is looked for


@dataclass(frozen=True, slots=True)
class Access:
    """A group of accounts in which the same actions change for the same causes."""

    sign: str
    change: str
    actions: str
    count: int
    where: str
    causes: tuple[str, ...]
    example: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.change}: {self.actions} in {self.where}"


@dataclass(frozen=True, slots=True)
class CostMove:
    """How the planned monthly cost of an OU (or the root), rolled up, changes."""

    node: str
    path: str
    currency: str
    before: Decimal
    after: Decimal
    over: Money | None  # over its budget afterwards

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"{self.path}: {self.figures}", self.budget)))

    @property
    def figures(self) -> str:
        """`+600 USD, now 650.50`."""
        return f"{figure(self.change, '+')} {self.currency}, now {figure(self.after)}"

    @property
    def budget(self) -> str:
        """`150 USD over budget`, or nothing."""
        return f"{money(self.over)} over budget" if self.over else ""


@dataclass(frozen=True, slots=True)
class ProblemsChanged:
    """The problems that are new, those that are solved, those that are told otherwise now: of more accounts, say."""

    new: tuple[Problem, ...] = ()
    solved: tuple[Problem, ...] = ()
    other: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequences:
    """The consequences of one edit; which problems and plan steps change is known once it is made.

    `ways` says what AWS can only do in a roundabout way, `unjudged` why the guardrails could not be compared.
    """

    label: str
    access: tuple[Access, ...]
    cost: tuple[CostMove, ...]
    problems: ProblemsChanged = ProblemsChanged()
    steps: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    unjudged: str = ""

    @property
    def summary(self) -> str:
        """One line for each side of it, the quiet ones left out."""
        parts = [*self.ways, *([self.unjudged] if self.unjudged else [])]
        parts += [str(one) for one in self.access[:3]]
        if len(self.access) > 3:
            parts.append(f"and more, in {len(self.access) - 3} other ways")
        parts += [str(move) for move in self.cost[:4]]
        parts += _few([f"new problem: {problem.message}" for problem in self.problems.new], "problems")
        parts += _few([f"solved: {problem.message}" for problem in self.problems.solved], "problems solved")
        parts += _few([f"to do: {step}" for step in self.steps], "steps")
        return "\n".join(parts) or "nothing else changes: the same actions, the same cost"

    def __str__(self) -> str:
        return f"{self.label}\n{self.summary}"

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "access": [
                {"change": one.change, "actions": one.actions, "where": one.where, "causes": list(one.causes)}
                for one in self.access
            ],
            "cost": [
                {"path": m.path, "currency": m.currency, "before": f"{m.before:f}", "after": f"{m.after:f}"}
                for m in self.cost
            ],
            "new": [problem.to_json() for problem in self.problems.new],
            "solved": [problem.to_json() for problem in self.problems.solved],
            "steps": list(self.steps),
            "spared": list(self.spared),
            "ways": list(self.ways),
        }


def _few(lines: list[str], what: str) -> list[str]:
    shown = [shorten(line, _LINE, placeholder=" …") for line in lines]
    return shown if len(shown) <= 3 else [*shown[:2], f"and {len(shown) - 2:,} more {what}"]


def consequences(
    label: str,
    before: Organization,
    after: Organization,
    changes: Iterable[Change],
    *,
    costs: tuple[Costs, Costs],
    examples: bool = True,
) -> Consequences:
    """Compare two states of one design that `changes` lead from one to the other; `costs` are those of both."""
    changes = tuple(changes)
    moves = cost_moves(before, after, *costs)
    try:
        compared = compare(before, after, accounts=accounts_concerned(before, after, changes))
        access = tuple(
            told(group, example=examples and number < WITNESSED) for number, group in enumerate(compared.groups)
        )
    except OrgkitError as error:
        unjudged = f"the guardrails cannot be compared: {error}"
        return Consequences(label, (), moves, ways=ways(after, changes), unjudged=unjudged)
    return Consequences(label, access, moves, ways=ways(after, changes))


def ways(after: Organization, changes: Iterable[Change]) -> tuple[str, ...]:
    """What AWS has no call for. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html"""
    found = []
    for node in dict.fromkeys(change.node for change in changes if isinstance(change, Move)):
        if node in after and after.entity(node).kind == "ou":
            count = len(after.accounts(node))
            moved = f", its {count:,} account{'' if count == 1 else 's'} moved" if count else ""
            found.append(f"AWS cannot move an OU: {after.path(node)} is made anew{moved}, and its id is another")
    return tuple(found)


def accounts_concerned(before: Organization, after: Organization, changes: Iterable[Change]) -> list[str] | None:
    """The accounts whose guardrails the changes touch; None where they may touch all."""
    touched = Touched(after, changes)
    if touched.whole:
        return None
    there = [node for node in touched.nodes("above") if node in before or node in after]
    return sorted(node for node in there if isinstance((after if node in after else before).entity(node), Account))


def told(group: Group, *, example: bool, sides: tuple[str, str] = ("was", "now")) -> Access:
    """A group of a comparison in words that outlive the two designs, which the example calls by `sides`."""
    sign, verb = _VERBS[group.kind]
    return Access(
        sign,
        verb,
        telling.actions(group.bits),
        group.bits.bit_count(),
        group.where,
        group.causes,
        _example(group, *sides) if example else "",
    )


def _example(group: Group, before: str, after: str) -> str:
    pair = group.witness
    if pair is None:
        return ""
    was, now = ("blocked" if one.decision.blocked else "not blocked" for one in pair)
    return f"{pair[1]}: {before} {was}, {after} {now}"


def cost_moves(before: Organization, after: Organization, old: Costs, new: Costs) -> tuple[CostMove, ...]:
    """The OUs and the root whose planned cost changes, what pays less first."""
    moves: list[CostMove] = []
    for node in differing(old, new):
        org = after if node in after else before
        target = org.target(node)
        if not isinstance(target, Account):
            moves += cost_moved(target, org.path(node), old.get(node, {}), new.get(node, {}))
    moves += _carried(before, after, {(move.node, move.currency): move.change for move in moves})
    return tuple(sorted(moves, key=lambda move: (move.change, move.path, move.currency)))


def _carried(
    before: Organization, after: Organization, direct: Mapping[tuple[str, str], Decimal]
) -> Iterator[CostMove]:
    """The OUs that carry another part of what is shared, where that is not all that changes anyway."""
    if not any(org.settings.cost is not None and org.settings.cost.shared for org in (before, after)):
        return
    was, now = rollup(before).by_key, rollup(after).by_key
    for key, row in now.items():
        old = was[key].total if key in was else Decimal(0)
        if row.node is not None and row.total - old != direct.get((row.node, row.currency), Decimal(0)):
            yield CostMove(row.node, f"{row.label}, with shared cost", row.currency, old, row.total, None)


def cost_moved(target: Target, path: str, was: Mapping[str, Decimal], now: Mapping[str, Decimal]) -> Iterator[CostMove]:
    """One OU's planned cost, rolled up, before and after: in each currency in which it changes."""
    for currency in differing(was, now):
        amount = now.get(currency, Decimal(0))
        over = None
        if target.budget is not None and target.budget.currency == currency:
            over = Money(amount, currency) - target.budget
        yield CostMove(
            target.id,
            path,
            currency,
            was.get(currency, Decimal(0)),
            amount,
            over if over is not None and over.amount > 0 else None,
        )


def problems_changed(before: Problems, after: Problems) -> ProblemsChanged:
    """Compare problems by code, node and message; one that only stands in another line of the file is the same."""
    was = {(problem.code, problem.node, problem.message) for problem in before}
    now = {(problem.code, problem.node, problem.message) for problem in after}
    gone = [problem for problem in before if (problem.code, problem.node, problem.message) not in now]
    left = Counter((problem.code, problem.node) for problem in gone)
    new: list[Problem] = []
    other: list[Problem] = []
    for problem in after:
        if (problem.code, problem.node, problem.message) in was:
            continue
        told_before = left[problem.code, problem.node] > 0
        left[problem.code, problem.node] -= told_before
        (other if told_before else new).append(problem)
    solved: list[Problem] = []
    for problem in reversed(gone):
        if left[problem.code, problem.node] > 0:
            left[problem.code, problem.node] -= 1
            solved.append(problem)
    return ProblemsChanged(tuple(new), tuple(reversed(solved)), tuple(other))


def steps_changed(before: Plan | None, after: Plan | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The steps that a plan has more, then those it has no more."""
    was = {step.id: step.text for step in before.steps} if before else {}
    now = {step.id: step.text for step in after.steps} if after else {}
    return (
        tuple(text for step, text in now.items() if step not in was),
        tuple(text for step, text in was.items() if step not in now),
    )
