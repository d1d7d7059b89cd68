"""Tests of the guardrails that a design states: who can, and who cannot, do what in which accounts.

A test is asked through its lenses. Where it says that nobody can, a search through witnesses goes further: values that
the policies themselves mention are tried on every key that is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import nsmallest

from orgkit.design import Account, Organization, Problem, Problems
from orgkit.design.checks.finding import Finding
from orgkit.design.checks.rule import Followed, Rule
from orgkit.design.sections import Expectation, Lens
from orgkit.design.touched import Touched
from orgkit.errors import InputError
from orgkit.guardrails.alike import Alike
from orgkit.guardrails.decide import decide
from orgkit.guardrails.lens import asks_at_home, find_lens, tells_accounts_apart
from orgkit.guardrails.witness import Search, search
from orgkit.policy import Decision
from orgkit.policy.catalogue import load_catalogue

_SHOWN = 3  # accounts of those in which a test fails alike
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


class Tests:
    """The expectations of one organization as they were run; what no edit has touched is not run again."""

    def __init__(self, org: Organization, before: Tests | None, touched: Touched) -> None:
        settings = org.settings
        if before is not None and (before._expectations, before._lenses) != (settings.expectations, settings.lenses):
            before = None
        self._org = org
        self._expectations: tuple[Expectation, ...] = settings.expectations
        self._lenses: Mapping[str, Lens] = settings.lenses
        self._alike: Alike = Alike(org, touched, before._alike if before is not None else None)

    @cached_property
    def found(self) -> list[tuple[str, Finding]]:
        """What does not hold, cannot be told or cannot be asked: each with the code of its rule."""
        found: list[tuple[str, Finding]] = []
        for index, expectation in enumerate(self._expectations):
            place = f"expectations[{index}]"
            try:
                groups = list(_run(self._org, expectation, self._alike, index))
            except InputError as error:
                message = f"the expectation cannot be asked: {error.what}"
                found.append(("expectation-unclear", Finding(place, message, error.mend or "Correct the name.")))
                continue
            found += self._findings(place, expectation, groups)
        return found

    def _findings(
        self, place: str, expectation: Expectation, groups: list[tuple[list[Account], list[Result]]]
    ) -> Iterator[tuple[str, Finding]]:
        failed: dict[tuple[object, ...], tuple[Result, list[Account]]] = {}
        for accounts, results in groups:
            for result in results:
                if result.holds is not True:
                    deciding = tuple(reason.label for reason in result.decision.reasons)
                    key = (result.action, result.lens, result.holds, deciding)
                    failed.setdefault(key, (result, []))[1].extend(accounts)
        for first, same in failed.values():
            shown = nsmallest(_SHOWN, (account.id for account in same), key=self._order.__getitem__)
            yield _finding(place, expectation, first, [self._org.path(node) for node in shown], len(same))

    @cached_property
    def _order(self) -> dict[str, int]:
        """The place of every account in the tree."""
        return {account.id: number for number, account in enumerate(self._org.accounts())}


def unclear(tests: Tests) -> Iterator[Finding]:
    """An expectation that names something that is not there."""
    return (finding for code, finding in tests.found if code == "expectation-unclear")


def not_met(tests: Tests) -> Iterator[Finding]:
    """An expectation that does not hold."""
    return (finding for code, finding in tests.found if code == "expectation-not-met")


def left_open(tests: Tests) -> Iterator[Finding]:
    """An expectation that turns on context which no lens gives."""
    return (finding for code, finding in tests.found if code == "expectation-open")


RULES = (
    Rule("expectation-unclear", "error", unclear),
    Rule("expectation-not-met", "error", not_met),
    Rule("expectation-open", "warning", left_open),
)


def followed() -> Followed[Tests]:
    """The tests that one organization states, to be followed from edit to edit."""
    return Followed(RULES, Tests)


def expectations(org: Organization) -> list[Problem]:
    """Run every test that the design states; a problem for each that does not hold, with the deciding statement.

    A test that fails in several accounts for the same reason is one problem.
    """
    return list(Problems(followed().problems(org, Touched.everything(org))))


def run(org: Organization, expectation: Expectation) -> Iterator[Result]:
    """Ask one expectation in every account it is about; raises InputError for names that are not there."""
    alike = Alike(org, Touched.everything(org))
    told = {a.id: results for accounts, results in _run(org, expectation, alike, 0) for a in accounts}
    for account in org.accounts(expectation.where):
        for result in told.get(account.id, ()):
            yield replace(result, account=org.path(account.id))


def _run(
    org: Organization, expectation: Expectation, alike: Alike, question: int
) -> Iterator[tuple[list[Account], list[Result]]]:
    """Accounts that nothing tells apart, with the results of the first of them."""
    node = org.find(expectation.where, "root", "ou", "account")
    lenses = _lenses(org, expectation)
    spared = [one for one in (find_lens(org, name) for name in expectation.but) if one is not None]
    shared = _at_home(expectation.resource) and not any(
        tells_accounts_apart(lens) or not asks_at_home(lens) for lens in (*lenses, *spared)
    )
    for accounts in alike.below(node) if shared else [[account] for account in org.accounts(node)]:
        first = accounts[0]
        if first.management and org.entity(node).kind != "account":
            continue  # no guardrail binds it, and the tree holds it only by name

        def ask(account: Account = first) -> list[Result]:
            return list(_results(org, expectation, account, lenses, spared))

        # A witness names the account, so it is always the first that is asked.
        yield accounts, alike.ask((question, first.id), first, ask) if shared else ask()


def _at_home(resource: str | None) -> bool:
    """Whether a resource belongs to whatever account is asked about, and is named alike in all of them."""
    parts = (resource or "").split(":", 5)
    return "{{" not in parts[-1] and (len(parts) < 6 or parts[4] in ("", "*"))


def _results(
    org: Organization, expectation: Expectation, account: Account, lenses: list[Lens], spared: list[Lens]
) -> Iterator[Result]:
    nobody = not expectation.can and not expectation.lenses
    for action in _actions(expectation):
        for lens in lenses:
            yield _ask(org, expectation, account, action, lens)
        if nobody:
            yield _ask_nobody(org, expectation, account, action, spared)
        for one in spared:
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


def _finding(place: str, expectation: Expectation, first: Result, shown: list[str], count: int) -> tuple[str, Finding]:
    places = ", ".join(shown) + (f" and {count - _SHOWN} more" if count > _SHOWN else "")
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
    return "expectation-open" if first.holds is None else "expectation-not-met", Finding(place, message, fix)
