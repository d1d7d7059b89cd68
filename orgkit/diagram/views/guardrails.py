"""The guardrails: which service and resource control policies hold where, a level's own apart from inherited ones.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from orgkit.design import RCP, SCP, Organization
from orgkit.diagram.fold import Box, fold
from orgkit.diagram.picture import LONGEST, Badge, Card, Picture, Row
from orgkit.diagram.text import one_line
from orgkit.diagram.views import parts
from orgkit.diagram.views.parts import Options

_UNGUARDED: Final = Badge("no guardrail here or above", "warning", "No SCP and no RCP but AWS's FullAWSAccess holds.")


def guardrails(org: Organization, options: Options) -> Picture:
    folded = fold(org, options.top, options.collapse, keep=options.highlight)
    cards = [_card(org, box, options) for box in folded.boxes]
    off = [
        short for short, type in (("SCPs", SCP), ("RCPs", RCP)) if org.policies(type) and not parts.enforced(org, type)
    ]
    facts = [f"{' and '.join(off)} are switched off and hold nowhere"] if off else []
    if options.permissions is not None:
        facts.append("actions blocked, or that depend on the request, in each OU's accounts")
    return parts.picture(
        org, options, "Guardrails", cards, folded, parts.legend(cards, inherited="inherited, or not enforced"), *facts
    )


def _card(org: Organization, box: Box, options: Options) -> Card:
    own = parts.attached(org, box.node, options, SCP, RCP)
    above = _inherited(org, box.node, options)
    guarded = any(badge.tone != "warning" for badge in (*own, *above))
    bound = any(not account.management for account in (*box.accounts, *box.folded))
    warning = () if guarded or not bound else (_UNGUARDED,)
    rows = [
        parts.row(
            account,
            options,
            badges=() if account.management else parts.attached(org, account.id, options, SCP, RCP),
        )
        for account in box.accounts
    ]
    if box.said:
        rows.append(Row(box.said, _of_their_own(org, box), tone="folded"))
    card = parts.card(org.target(box.node), box.parent, options)
    return replace(
        card, note=_blocked(box, options), badges=(*own, *above, *warning), rows=tuple(rows), dashed=bool(warning)
    )


def _inherited(org: Organization, node: str, options: Options) -> tuple[Badge, ...]:
    """What holds here because it is attached further up, with the place it comes from."""
    badges = []
    for level in org.ancestors(node):
        place = org.target(level)
        for badge in parts.attached(org, level, options, SCP, RCP):
            words = f"{badge.text}, from {one_line(place.name, LONGEST // 2)}"
            badges.append(replace(badge, text=words, tone="inherited"))
    return tuple(badges)


def _of_their_own(org: Organization, box: Box) -> str:
    own = sum(any(org.attached(account.id, type, implied=False) for type in (SCP, RCP)) for account in box.folded)
    return f"{own} with guardrails of their own" if own else ""


def _blocked(box: Box, options: Options) -> str:
    """How many actions the given answer says are blocked, or depend on the request, in the accounts of a box."""
    if options.permissions is None:
        return ""
    cells = options.permissions.cells
    inside = [cells[a.id] for a in (*box.accounts, *box.folded) if not a.management and a.id in cells]
    different = {id(cell): cell for cell in inside}.values()  # accounts under the same guardrails share one
    if not different:
        return ""
    blocked = _range(cell.blocked.bit_count() for cell in different)
    depends = _range(cell.depends.bit_count() for cell in different)
    return f"{blocked} blocked, {depends} depend" if depends != "0" else f"{blocked} blocked"


def _range(counts: Iterable[int]) -> str:
    known = sorted(counts)
    least, most = known[0], known[-1]
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"
