"""What the views share: their options, and how an entity or a policy is named in a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orgkit.design import RCP, SCP, Account, Organization, Policy, Target
from orgkit.diagram.fold import Folded
from orgkit.diagram.picture import LONGEST, Badge, Card, Picture, Row
from orgkit.diagram.text import count, one_line

if TYPE_CHECKING:
    from orgkit.cost import Rollup
    from orgkit.guardrails import Permissions

MANAGEMENT: Final = Badge("management", "management", "The account that owns the organization; no SCP or RCP binds it.")

FULL_ACCESS_OFF: Final = Badge(
    "FullAWSAccess detached", "warning", "Only what a policy here allows is left: everything else is denied."
)
_MEANING: Final = {
    "scp": "SCP: service control policy",
    "rcp": "RCP: resource control policy",
    "policy": "management policy",
    "inherited": "not enforced: its type is switched off",
    "warning": "needs a look",
}
_SHORT: Final = {SCP: ("SCP", "scp"), RCP: ("RCP", "rcp")}


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may say about a picture; ids are node ids, checked by `draw`."""

    top: str
    collapse: str
    highlight: frozenset[str]
    title: str | None
    direction: str
    before: Organization | None = None
    rollup: Rollup | None = None
    permissions: Permissions | None = None


def name(entity: Target | Policy) -> str:
    return one_line(entity.name, LONGEST)


def tip(entity: Target) -> str:
    """Everything about it that the picture has no room for."""
    facts = [entity.name]
    if entity.handle not in (entity.name, "root"):
        facts.append(f"handle {entity.handle}")
    if isinstance(entity, Account):
        facts += [entity.email, *([] if entity.state == "ACTIVE" else [entity.state])]
    facts += [entity.aws_id or "", f"owner {entity.owner}" if entity.owner else ""]
    facts += [f"budget {entity.budget} a month" if entity.budget else ""]
    facts += [f"{key}={value}" for key, value in entity.tags.items()]
    return one_line(" · ".join(filter(None, facts)), 400)


def badge(policy: Policy, options: Options, *, sign: str = "", enforced: bool = True) -> Badge:
    """A policy as a badge: its kind in words, its name, and whether it has effect."""
    short, tone = _SHORT.get(policy.type, ("", "policy"))
    short = short or policy.type.removesuffix("_POLICY").replace("_", " ").lower()
    off = "" if enforced else ", not enforced"
    return Badge(
        f"{sign}{short} {name(policy)}{off}",
        tone if enforced else "inherited",
        one_line(policy.description, 400),
        strong=policy.id in options.highlight,
    )


def attached(org: Organization, node: str, options: Options, *types: str) -> tuple[Badge, ...]:
    """The policies on this very node, and a warning where AWS's FullAWSAccess was taken off it."""
    badges = [
        badge(policy, options, enforced=enforced(org, policy.type))
        for policy in org.attached(node, implied=False)
        if not types or policy.type in types
    ]
    if not org.target(node).full_aws_access:
        badges.append(FULL_ACCESS_OFF)
    return tuple(badges)


def enforced(org: Organization, type: str) -> bool:
    """Whether a policy of this type has effect, as far as the design says which types are on."""
    return org.enforces(type) or "policy_types" not in org.settings.declared


def policy_count(org: Organization) -> str:
    """`3 policies, 1 of them attached to nothing`; nothing where there are none."""
    policies = org.policies()
    if not policies:
        return ""
    idle = sum(not org.targets(policy.id) for policy in policies)
    total = f"{len(policies):,} {'policy' if len(policies) == 1 else 'policies'}"
    return f"{total}, {idle:,} of them attached to nothing" if idle else total


def legend(cards: Iterable[Card], **words: str) -> list[Badge]:
    """What the badges of these cards mean, for the tones that occur; `words` says it otherwise for a tone."""
    cards = list(cards)
    used = {badge.tone for card in cards for badge in card.badges}
    used |= {badge.tone for card in cards for row in card.rows for badge in row.badges}
    return [Badge(said, tone) for tone, said in (_MEANING | words).items() if tone in used]


def row(account: Account, options: Options, *, badges: tuple[Badge, ...] = (), note: str = "") -> Row:
    state = "" if account.state == "ACTIVE" else account.state.replace("_", " ").lower()
    return Row(
        name(account),
        note or state,
        tip=tip(account),
        mark=MANAGEMENT if account.management else None,
        badges=badges,
        strong=account.id in options.highlight,
    )


def card(entity: Target, parent: str | None, options: Options) -> Card:
    """An empty card for the root or an OU."""
    return Card(
        entity.id,
        parent,
        name(entity),
        "root" if entity.kind == "root" else "ou",
        tip=tip(entity),
        strong=entity.id in options.highlight,
    )


def picture(
    org: Organization,
    options: Options,
    title: str,
    cards: Iterable[Card],
    folded: Folded,
    legend: Iterable[Badge] = (),
    *facts: str,
) -> Picture:
    """The picture with its caption: how much is drawn, what was folded, and what else the view says."""
    cards = tuple(cards)
    under = None if options.top == org.root.id else options.top
    size = f"{count(len(org.ous(under)) - bool(under), 'OU')}, {count(len(org.accounts(under)), 'account')}"
    if under:
        title = f"{title} of {one_line(org.aws_path(under), 2 * LONGEST)}"
        size += " below"
    caption = " · ".join(filter(None, (size, *facts, folded.said)))
    return Picture(one_line(options.title or title, 120), caption, cards, tuple(legend), options.direction)
