"""The plan gone through before it is carried out: who is less guarded for a while, and why."""

from __future__ import annotations

from dataclasses import dataclass

from orgkit.design import SCP, Problem
from orgkit.provision.draft import Draft
from orgkit.provision.exposure import Exposure

UNAVOIDABLE = "Unavoidable: AWS creates accounts in the root. Usually 1–5 min; if the run stops there, resume first."


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the rehearsal found."""

    exposures: tuple[Exposure, ...] = ()
    blocked: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()


def rehearse(draft: Draft, order: tuple[str, ...], principal: str | None) -> Rehearsal:
    """Report the moments in which an account is less guarded than before and after."""
    moves = {account: step for step, (account, source) in draft.moves.items() if source is None}
    exposures = []
    for account, move in moves.items():
        if draft.design.account(account).management:
            continue
        email = draft.design.account(account).email.casefold()
        names = [
            policy.name
            for level in draft.design.chain(account)[1:]
            for policy in draft.design.attached(level, SCP, implied=False)
        ]
        if names:
            exposures.append(
                Exposure(
                    account=draft.place(account),
                    since=f"create_account:{email}",
                    until=move,
                    message=f"only the root's policies hold; {', '.join(dict.fromkeys(names))} do not",
                    reason=UNAVOIDABLE,
                )
            )
    return Rehearsal(tuple(exposures))
