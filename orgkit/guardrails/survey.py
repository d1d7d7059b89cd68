"""Walks the tree and gives every account the bit sets of its chain; what several accounts share is worked out once."""

from __future__ import annotations

from typing import Any

from orgkit.design import RCP, RCP_FULL_AWS_ACCESS, SCP, Account, Organization
from orgkit.design.sections import Lens
from orgkit.guardrails.decide import answer
from orgkit.guardrails.inheritance import Texts, account_id, attached
from orgkit.guardrails.joining import joined
from orgkit.guardrails.lens import asks_at_home, scenario, tells_accounts_apart
from orgkit.guardrails.matrix import ChainBits, LevelBits, level_bits, read_document, unbound
from orgkit.guardrails.meaning import Meaning, Viewpoint
from orgkit.guardrails.question import ask
from orgkit.guardrails.sensitivity import Sensitivity, sensitivity
from orgkit.guardrails.standing import standing
from orgkit.policy.context import is_service_linked_role

Token = tuple[str, str]


class Survey:
    """Reads one state of an organization through one lens; keeps what an edit elsewhere does not change."""

    def __init__(self, org: Organization, lens: Lens | None, shared: Shared | None = None) -> None:
        self._org = org
        self._lens = lens
        self._shared = shared or Shared()
        self._texts: dict[tuple[str, str], Texts] = {}
        self._seen: dict[str, Sensitivity] = {}
        self._below: dict[tuple[str, Token, bool], ChainBits] = {}
        self._plain: dict[tuple[str, Token], ChainBits] = {}
        self._bound = org.bound()
        self.own_caller = asks_at_home(lens)
        self._every_account_differs = tells_accounts_apart(lens)
        self.types = tuple(type for type in (SCP, RCP) if org.enforces(type))

    @property
    def shared(self) -> Shared:
        """What may be handed on to the survey of another state of the organization."""
        return self._shared

    def cell(self, account: Account) -> ChainBits:
        """What the guardrails say for calls in an account."""
        chain = self._chain(account)
        found = self._shared.cells.get(id(chain))
        if found is None:

            def blocked(action: str) -> bool | None:
                return answer(ask(self._org, account, action, lens=self._lens)).blocked

            # The chain is kept with its cell, so that no other object ever gets its id.
            found = self._shared.cells[id(chain)] = (joined(chain, blocked), chain)
        return found[0]

    def token(self, account: Account) -> Token:
        """What the policies above an account see of it: to them, accounts with the same token are the same."""
        return self._token(account, account.id)

    def _chain(self, account: Account) -> ChainBits:
        if self.own_caller:
            if account.management or not self.types or self._exempt(account):
                return self._shared.free
            if account.id in self._bound or not account.full_aws_access:
                return self._down(account.id, self._token(account, account.id), account)
            # Nothing but AWS's own policies: the same as in every such account beside it that looks the same.
            parent = self._org.parent(account.id) or self._org.root.id
            token = self._token(account, parent)
            found = self._plain.get((parent, token))
            if found is None:
                found = self._plain[parent, token] = self._down(account.id, token, account)
            return found
        seen = standing(self._org, account, scenario(self._org, account, self._lens).principal, None)
        token = self._token(account, account.id, *([seen.caller.id] if seen.caller else []))
        start = self._shared.free
        if seen.scps and seen.caller and not self._exempt(account):
            start = self._down(seen.caller.id, token, account, scps_only=True)
        if account.management or RCP not in self.types or self._exempt(account):
            return start
        for node in self._org.chain(account.id):
            start = self._join(start, node, RCP, token, account)
        return start

    def _exempt(self, account: Account) -> bool:
        if self._lens is None or "aws-service-role/" not in (self._lens.principal or ""):
            return False
        return is_service_linked_role(scenario(self._org, account, self._lens).principal or "")

    def _down(self, node: str, token: Token, account: Account, *, scps_only: bool = False) -> ChainBits:
        key = (node, token, scps_only)
        found = self._below.get(key)
        if found is None:
            above = self._org.parent(node)
            found = self._shared.free if above is None else self._down(above, token, account, scps_only=scps_only)
            for type in self.types:
                if type == SCP or not scps_only:
                    found = self._join(found, node, type, token, account)
            self._below[key] = found
        return found

    def _join(self, above: ChainBits, node: str, type: str, token: Token, account: Account) -> ChainBits:
        texts = self._attached(node, type)
        if type == RCP and all(name == RCP_FULL_AWS_ACCESS.handle for name, _ in texts):
            return above
        seen = sensitivity(texts, type)
        mine = token if self._every_account_differs else (token[0] if seen.any_id or token[0] in seen.ids else "",
                                                          token[1] if seen.path else "")  # fmt: skip
        return self._shared.join(above, self._level(texts, type, mine, account))

    def _level(self, texts: Texts, type: str, token: Token, account: Account) -> LevelBits:
        key = (texts, type, token)
        found = self._shared.levels.get(key)
        if found is None:
            viewpoint = self._viewpoint(account)
            read = [one for policy in texts for one in self._read(policy, type, token, viewpoint)]
            found = self._shared.levels[key] = level_bits(read, type, viewpoint)
        return found

    def _read(
        self, policy: tuple[str, str], type: str, token: Token, viewpoint: Viewpoint
    ) -> list[tuple[str, Meaning]]:
        key = (policy, type, token)
        found = self._shared.documents.get(key)
        if found is None:
            found = self._shared.documents[key] = read_document(*policy, type, viewpoint)
        return found

    def _viewpoint(self, account: Account) -> Viewpoint:
        seen = scenario(self._org, account, self._lens)
        return Viewpoint(standing(self._org, account, seen.principal, None), seen, self._org.settings.partition)

    def _token(self, account: Account, *nodes: str) -> Token:
        seen = Sensitivity(any_id=self._every_account_differs)
        for node in nodes:
            seen |= self._sensitivity(node)
        if not seen:
            return "", ""
        return seen.token(account_id(account), self._org.parent(account.id) or "")

    def _sensitivity(self, node: str) -> Sensitivity:
        found = self._seen.get(node)
        if found is None:
            above = self._org.parent(node)
            found = self._sensitivity(above) if above else Sensitivity()
            for type in self.types:
                mine = sensitivity(self._attached(node, type), type)
                found = found | mine if mine else found
            self._seen[node] = found
        return found

    def _attached(self, node: str, type: str) -> Texts:
        found = self._texts.get((node, type))
        if found is None:
            found = self._texts[node, type] = attached(self._org, node, type)
        return found


class Shared:
    """What holds for any state of the organization: the meaning of policies, and of chains of them."""

    def __init__(self) -> None:
        self.free = unbound()
        self.documents: dict[Any, list[tuple[str, Meaning]]] = {}
        self.levels: dict[Any, LevelBits] = {}
        self.cells: dict[int, tuple[ChainBits, ChainBits]] = {}
        self._joined: dict[tuple[int, int], ChainBits] = {}

    def join(self, above: ChainBits, level: LevelBits) -> ChainBits:
        """The chain with one more level; equal chains are one object."""
        key = (id(above), id(level))
        found = self._joined.get(key)
        if found is None:
            found = self._joined[key] = above.below(level)
        return found
