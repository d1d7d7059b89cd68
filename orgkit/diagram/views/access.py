"""The access: who can come into which account, as what, and what the guardrails leave of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from orgkit.design import Organization
from orgkit.diagram.fold import Box, fold
from orgkit.diagram.picture import LONGEST, Badge, Card, Picture, Row
from orgkit.diagram.text import count, one_line
from orgkit.diagram.views import parts
from orgkit.diagram.views.parts import Options
from orgkit.guardrails.assumable import Way, assumable

_LEGEND: Final = {
    "rcp": "role ← the role or service that may assume it",
    "policy": "permission set ← the group that has it",
    "inherited": "it depends: the guardrails turn on something that is not known",
    "warning": "the guardrails stop it",
}


def access(org: Organization, options: Options) -> Picture:
    ways = assumable(org)
    inside = ways.by_account()
    folded = fold(org, options.top, options.collapse, keep=options.highlight)
    cards = [_card(org, box, inside, options) for box in folded.boxes]
    used = {badge.tone for card in cards for row in card.rows for badge in row.badges}
    legend = [Badge(said, tone) for tone, said in _LEGEND.items() if tone in used]
    stopped = sum(way.outcome in ("explicitDeny", "implicitDeny") for way in ways)
    facts = [count(len(ways), "way") + " in"] + ([f"{stopped} stopped by the guardrails"] if stopped else [])
    return parts.picture(org, options, "Access", cards, folded, legend, *facts)


def _card(org: Organization, box: Box, ways: Mapping[str, list[Way]], options: Options) -> Card:
    rows = [parts.row(a, options, badges=tuple(map(_badge, ways.get(a.id, ())))) for a in box.accounts]
    if box.said:
        number = sum(len(ways.get(account.id, ())) for account in box.folded)
        rows.append(Row(box.said, f"{count(number, 'way')} in" if number else "", tone="folded"))
    return replace(parts.card(org.target(box.node), box.parent, options), rows=tuple(rows))


def _badge(way: Way) -> Badge:
    tone = "policy" if way.people else "rcp"
    tone = {"allowed": tone, "undetermined": "inherited"}.get(way.outcome, "warning")
    verdict = {"allowed": "", "undetermined": ", it depends"}.get(way.outcome, ", stopped")
    text = one_line(f"{way.role} ← {way.who}", LONGEST * 2)
    return Badge(f"{text}{verdict}", tone, one_line(str(way), 400))
