"""The changes between two organizations, over one tree: a design and the live one, or before and after edits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from orgkit.design import Account, Organization
from orgkit.diagram.fold import Box, fold
from orgkit.diagram.overlay import Difference, Overlay
from orgkit.diagram.picture import LONGEST, Badge, Card, Picture, Row
from orgkit.diagram.text import one_line
from orgkit.diagram.views import parts
from orgkit.diagram.views.parts import Options
from orgkit.errors import InputError

# Each kind has a sign, so that nothing rests on its colour.
_SIGNS: Final = {"added": "+ ", "removed": "– ", "moved": "» ", "changed": "~ "}
_MEANING: Final = {"added": "+ added", "removed": "– removed", "moved": "» moved", "changed": "~ changed"}


def changes(org: Organization, options: Options) -> Picture:
    if options.before is None:
        raise InputError(
            "the view changes shows what is different between two organizations, and was given one",
            mend='Give the other one: draw(after, "changes", before=before).',
        )
    tree = Overlay(options.before, org)
    different = {node for node, difference in tree.differences.items() if difference}
    folded = fold(tree, options.top, options.collapse, keep=options.highlight | different)
    cards = [_card(tree, box, options) for box in folded.boxes]
    kinds = Counter(_kind(tree.differences[node]) for node in different)
    facts = ", ".join(f"{kinds[kind]:,} {kind}" for kind in _SIGNS if kinds[kind]) or "no changes"
    legend = [Badge(words, kind) for kind, words in _MEANING.items() if kinds[kind]]
    return parts.picture(org, options, "Changes", cards, folded, legend, facts)


def _kind(difference: Difference) -> str:
    return difference.kind or ("changed" if difference else "")


def _card(tree: Overlay, box: Box, options: Options) -> Card:
    difference = tree.differences[box.node]
    rows = [_row(account, tree.differences[account.id], options) for account in box.accounts]
    if box.said:
        folded = sum(bool(tree.differences[account.id]) for account in box.folded)
        rows.append(Row(box.said, f"{folded:,} of them changed" if folded else "unchanged", tone="folded"))
    return replace(
        parts.card(tree.entity(box.node), box.parent, options),
        mark=_mark(difference),
        badges=_policies(difference, options),
        rows=tuple(rows),
        dashed=difference.kind == "removed",
    )


def _row(account: Account, difference: Difference, options: Options) -> Row:
    row = parts.row(account, options, badges=_policies(difference, options))
    return replace(row, mark=_mark(difference) or row.mark)


def _mark(difference: Difference) -> Badge | None:
    if not difference.kind:
        return None
    words = ", ".join(difference.notes) or difference.kind
    return Badge(_SIGNS[difference.kind] + one_line(words, LONGEST), difference.kind, one_line(words, 400))


def _policies(difference: Difference, options: Options) -> tuple[Badge, ...]:
    attached = [replace(parts.badge(policy, options, sign="+ "), tone="added") for policy in difference.attached]
    detached = [replace(parts.badge(policy, options, sign="– "), tone="removed") for policy in difference.detached]
    return (*attached, *detached)
