"""Accounts that no guardrail tells apart: what is asked of one of them holds for the others too."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

from orgkit.design import Account, Organization
from orgkit.design.touched import Touched
from orgkit.guardrails.survey import Survey

Answer = TypeVar("Answer")


class Alike:
    """The accounts of an organization in groups, and the answers that some account of a group has given.

    Two accounts of a group stand below the same parent, have nothing of their own attached, and look the same to every
    policy above them: the same call at home is decided alike in both, for the same reasons. What was asked `before` is
    kept, but for the accounts that edits have `touched` since.
    """

    def __init__(self, org: Organization, touched: Touched, before: Alike | None = None) -> None:
        self._org = org
        self._survey = Survey(org, None)
        self._marks: dict[str, Hashable] = {}
        self._answers: dict[tuple[Hashable, Hashable], tuple[str, Any]] = {}
        if before is not None and not touched.whole:
            stale = touched.nodes("above")
            self._marks = {node: mark for node, mark in before._marks.items() if node not in stale}
            self._answers = {key: given for key, given in before._answers.items() if given[0] not in stale}

    @cached_property
    def groups(self) -> list[list[Account]]:
        """The groups in the order of their first accounts; within one, the order of the tree."""
        found: dict[Hashable, list[Account]] = {}
        for account in self._org.accounts():
            found.setdefault(self._mark(account), []).append(account)
        return list(found.values())

    def below(self, node: str) -> list[list[Account]]:
        """The groups below a root or OU; an account is a group by itself."""
        org = self._org
        if org.entity(node).kind == "account":
            return [[org.account(node)]]
        places = {above.id for above, _ in org.tree(node) if not isinstance(above, Account)}
        return [group for group in self.groups if org.parent(group[0].id) in places]

    def ask(self, question: Hashable, account: Account, answer: Callable[[], Answer]) -> Answer:
        """What an account answers, or what one of its group has answered."""
        key = question, self._mark(account)
        if key not in self._answers:
            self._answers[key] = account.id, answer()
        found: Answer = self._answers[key][1]
        return found

    def _mark(self, account: Account) -> Hashable:
        """What tells the account from others."""
        mark = self._marks.get(account.id)
        if mark is None:
            org = self._org
            plain = account.full_aws_access and account.id not in org.bound() and not account.management
            mark = org.parent(account.id), "" if plain else account.id, self._survey.token(account)
            self._marks[account.id] = mark
        return mark
