"""Tests of the guardrails that a design states: who can, and who cannot, do what in which accounts.

A test is asked through its lenses. Where it says that nobody can, a search through witnesses goes further: values that
the policies themselves mention are tried on every key that is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orgkit.design import Account, Organization, Problem, Problems
from orgkit.design.sections import Expectation, Lens
from orgkit.errors import InputError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.lens import find_lens
from orgkit.guardrails.witness import Search, search
from orgkit.policy import Decision
from orgkit.policy.catalogue import load_catalogue

_ANY = Lens(name="any principal", description="Nothing is known of the request")


@dataclass(frozen=True)
class Result:
    """One action of one expectation in one account: whether it holds, the decision, and what was tried."""

    expectation: Expectation
    account: str
    action: str
    lens: str
    holds: bool | None
    decision: Decision
    tried: str = ""

    def __str__(self) -> str:
        word = {True: "holds", False: "does not hold", None: "cannot be told"}[self.holds]
        return f"{self.action} in {self.account} ({self.lens}): {word}" + (f"; {self.tried}" if self.tried else "")


def expectations(org: Organization) -> list[Problem]:
    """Run every test that the design states; a problem for each that does not hold, with the deciding statement.

    A test that fails in several accounts for the same reason is one problem. Codes: expectation-not-met (error),
    expectation-open (warning: it turns on context that no lens gives), expectation-unclear (error: it names something
    that is not there).
    """
    found: list[Problem] = []
    for index, expectation in enumerate(org.settings.expectations):
        where = org.where(f"expectations[{index}]") if f"expectations[{index}]" in org.marks else _where(org, index)
        try:
            results = list(run(org, expectation))
        except InputError as error:
            found.append(
                Problem(
                    code="expectation-unclear",
                    severity="error",
                    where=where,
                    message=f"the expectation cannot be asked: {error.what}",
                    fix=error.mend or "Correct the name.",
                )
            )
            continue
        found += _problems(where, expectation, results)
    return list(Problems(found))


def run(org: Organization, expectation: Expectation) -> Iterator[Result]:
    """Ask one expectation in every account it is about; raises InputError for names that are not there."""
    node = org.find(expectation.where, "root", "ou", "account")
    lenses = _lenses(org, expectation)
    spared = [find_lens(org, name) for name in expectation.but]
    nobody = not expectation.can and not expectation.lenses
    for account in org.accounts(node):
        if account.management and org.entity(node).kind != "account":
            continue  # no guardrail binds it, and the tree holds it only by name
        for action in _actions(expectation):
            for lens in lenses:
                yield _ask(org, expectation, account, action, lens)
            if nobody:
                yield _ask_nobody(org, expectation, account, action, [one for one in spared if one is not None])
            for one in spared:
                if one is not None:
                    yield _ask(org, expectation, account, action, one, can=True)


def _ask(
    org: Organization, expectation: Expectation, account: Account, action: str, lens: Lens, *, can: bool | None = None
) -> Result:
    decision = decide(org, account.id, action, expectation.resource, context=expectation.context, lens=lens)
    wanted = expectation.can if can is None else can
    holds = None if decision.blocked is None else decision.blocked is not wanted
    return Result(expectation, org.path(account.id), action, lens.name, holds, decision)


def _ask_nobody(
    org: Organization, expectation: Expectation, account: Account, action: str, spared: list[Lens]
) -> Result:
    """Nobody (but those spared) can: every principal and context that the policies mention is tried."""
    decision = decide(org, account.id, action, expectation.resource, context=expectation.context)
    found = Search((), 0, ())
    holds: bool | None = True
    if not decision.blocked:
        found = search(org, account, action, expectation.resource, expectation.context, spared=spared)
        holds = not found.witnesses and (True if spared else None)
        if decision.blocked is False:
            holds = False
    witness = found.witnesses[0] if found.witnesses else None
    tried = found.told(witness)
    return Result(
        expectation, org.path(account.id), action, _ANY.name, holds, witness.decision if witness else decision, tried
    )


def _actions(expectation: Expectation) -> list[str]:
    """Each action; a pattern stands for all of the catalogue that it covers."""
    catalogue = load_catalogue()
    found: list[str] = []
    for action in expectation.actions:
        found += list(catalogue.names(catalogue.expand(action))) if "*" in action or "?" in action else [action]
    return found


def _lenses(org: Organization, expectation: Expectation) -> list[Lens]:
    """The lenses named; for "nobody", all of the design but those spared; for "everybody", any principal."""
    if expectation.lenses:
        found = [find_lens(org, name) for name in expectation.lenses]
        return [one for one in found if one is not None]
    if expectation.can:
        return [_ANY]
    return [lens for name, lens in org.settings.lenses.items() if name not in expectation.but]


def _problems(where: str, expectation: Expectation, results: list[Result]) -> Iterator[Problem]:
    grouped: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        if result.holds is not True:
            deciding = tuple(reason.label for reason in result.decision.reasons)
            key = (result.action, result.lens, result.holds, deciding)
            grouped.setdefault(key, []).append(result)
    for same in grouped.values():
        yield _problem(where, expectation, same)


def _problem(where: str, expectation: Expectation, same: list[Result]) -> Problem:
    first = same[0]
    places = ", ".join(one.account for one in same[:3]) + (f" and {len(same) - 3} more" if len(same) > 3 else "")
    because = f" ({expectation.because})" if expectation.because else ""
    wish = "can" if expectation.can else "cannot"
    through = "" if first.lens == _ANY.name else f" through lens {first.lens}"
    if first.holds is None:
        turns = ", ".join(first.decision.missing)
        message = f"expected: {first.action} {wish} be done in {places}{through}{because}; it depends on {turns}"
        fix = "Give the keys in the lens or in the expectation's context, or make the guardrail unconditional."
    else:
        state = "blocked" if first.decision.blocked else "not blocked"
        message = f"expected: {first.action} {wish} be done in {places}{through}{because}; it is {state}"
        by = [reason for reason in first.decision.reasons if reason.effect == "Deny" or reason.statement is None]
        if first.decision.blocked and by:
            message += f" by {by[0].label}" + (f", attached to {by[0].level}" if by[0].level else "")
        fix = (
            "Change that statement, or take the expectation back."
            if first.decision.blocked
            else "Deny the action there, or take the expectation back."
        )
    if first.tried:
        message += f"; {first.tried}"
    return Problem(
        code="expectation-open" if first.holds is None else "expectation-not-met",
        severity="warning" if first.holds is None else "error",
        where=where,
        message=message,
        fix=fix,
    )


def _where(org: Organization, index: int) -> str:
    mark = org.marks.get("expectations")
    return f"{mark} (expectations[{index}])" if mark else f"expectations[{index}]"
