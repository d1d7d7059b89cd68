"""The structure: root, OUs, accounts, and each policy as a badge on what it is attached to."""

from __future__ import annotations

from dataclasses import replace

from orgkit.design import Organization
from orgkit.diagram.fold import Box, fold
from orgkit.diagram.picture import Card, Picture, Row
from orgkit.diagram.views import parts
from orgkit.diagram.views.parts import Options


def structure(org: Organization, options: Options) -> Picture:
    folded = fold(org, options.top, options.collapse, keep=options.highlight)
    cards = [_card(org, box, options) for box in folded.boxes]
    return parts.picture(org, options, "Structure", cards, folded, parts.legend(cards), parts.policy_count(org))


def _card(org: Organization, box: Box, options: Options) -> Card:
    rows = [parts.row(a, options, badges=parts.attached(org, a.id, options)) for a in box.accounts]
    if box.said:
        own = sum(bool(org.attached(account.id, implied=False)) for account in box.folded)
        rows.append(Row(box.said, f"{own} with own policies" if own else "", tone="folded"))
    card = parts.card(org.target(box.node), box.parent, options)
    return replace(card, badges=parts.attached(org, box.node, options), rows=tuple(rows))
