"""A comparison as people read it: on one screen, as HTML, and as a comment for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from orgkit.design import Account, Organization
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    from orgkit.guardrails.compare import Comparison, Group

_SCREEN = 12  # groups on one screen
_NAMES = 4
_SIGNS: Final = {
    "gains": "+",
    "gains under conditions": "+?",
    "may under other conditions": "~",
    "loses": "-",
    "loses under conditions": "-?",
}
_VERBS: Final = {
    "gains": "no longer blocked",
    "gains under conditions": "less blocked, under conditions",
    "may under other conditions": "under other conditions",
    "loses": "now blocked",
    "loses under conditions": "now blocked under conditions",
}


def text(comparison: Comparison) -> str:
    """At most one screen: the widest changes first."""
    lines = [_headline(comparison)]
    for group in comparison.groups[:_SCREEN]:
        lines += [
            f"{_SIGNS[group.kind]:>2} {_VERBS[group.kind]}: {actions(group.bits)}",
            f"     in {group.where}",
            f"     because {'; '.join(group.causes) or 'of the design as a whole'}",
            f"     {_witness(group)}",
        ]
    if len(comparison.groups) > _SCREEN:
        lines.append(f"   … and {len(comparison.groups) - _SCREEN} more groups, in to_json() and to_frame()")
    lines += [f" * {line}" for line in _accounts(comparison)]
    return "\n".join(lines)


def html(comparison: Comparison) -> str:
    """The same as a table."""
    rows = "".join(
        f"<tr><td>{escape(_VERBS[group.kind])}</td><td>{escape(actions(group.bits))}</td><td>{escape(group.where)}</td>"
        f"<td>{escape('; '.join(group.causes))}</td><td style='text-align:left'>{escape(_witness(group))}</td></tr>"
        for group in comparison.groups[: 2 * _SCREEN]
    )
    head = "<tr><th>change</th><th>actions</th><th>accounts</th><th>because</th><th>for instance</th></tr>"
    rest = "".join(f"<p>{escape(line)}</p>" for line in _accounts(comparison))
    return f"<p>{escape(_headline(comparison))}</p>" + (f"<table>{head}{rows}</table>" if rows else "") + rest


def markdown(comparison: Comparison) -> str:
    """A comment for a pull request; every action is in the folded part."""
    lines = [f"### Guardrails: {_headline(comparison)}", ""]
    if comparison.groups:
        lines += ["| change | actions | accounts | because | for instance |", "|---|---|---|---|---|"]
        for group in comparison.groups[: 2 * _SCREEN]:
            cells = (
                f"{_SIGNS[group.kind]} {_VERBS[group.kind]}",
                actions(group.bits),
                group.where,
                "; ".join(group.causes),
                _witness(group),
            )
            lines.append("| " + " | ".join(map(_cell, cells)) + " |")
        lines += ["", "<details><summary>Every action</summary>", ""]
        for group in comparison.groups[: 2 * _SCREEN]:
            names = ", ".join(f"`{name}`" for name in shortened(group.bits)[:200])
            lines.append(f"- {_SIGNS[group.kind]} {_cell(group.where)}: {names}")
        lines += ["", "</details>"]
        if len(comparison.groups) > 2 * _SCREEN:
            lines += ["", f"… and {len(comparison.groups) - 2 * _SCREEN} more groups."]
    lines += ["", *(f"- {_cell(line)}" for line in _accounts(comparison))]
    lines += ["", "Guardrails grant nothing: what is not blocked is for IAM to decide."]
    return "\n".join(lines) + "\n"


def actions(bits: int) -> str:
    """A set of actions in a few words."""
    catalogue = load_catalogue()
    if bits == catalogue.all_bits:
        return f"every action ({len(catalogue):,})"
    count = bits.bit_count()
    if count > 0.5 * len(catalogue):
        return (
            f"{count:,} actions, all but {actions(catalogue.all_bits & ~bits)}"
            if len(shortened(catalogue.all_bits & ~bits)) <= _NAMES
            else f"{count:,} actions of {len(catalogue.services)} services"
        )
    names = shortened(bits)
    shown = ", ".join(names[:_NAMES])
    return shown if len(names) <= _NAMES else f"{shown} and more: {count:,} actions"


def places(org: Organization, accounts: list[Account]) -> str:
    """Accounts in a few words: whole OUs by their path, then single accounts."""
    wanted = {account.id for account in accounts}
    everyone = org.accounts()
    if len(everyone) > 1 and len(wanted) == len(everyone):
        return f"all {len(everyone):,} accounts"
    whole: list[str] = []
    left = dict.fromkeys(account.id for account in accounts)
    by_parent = Counter(org.parent(account.id) or "" for account in accounts)
    for parent, count in by_parent.items():
        held = [child for child in org.children(parent) if org.entity(child).kind == "account"]
        if parent != org.root.id and count == len(held) > 1:
            whole.append(f"{org.path(parent)} (its {count} accounts)")
            for child in held:
                left.pop(child, None)
    names = [*whole, *(org.path(node) for node in left)]
    shown = ", ".join(names[:_NAMES])
    return shown if len(names) <= _NAMES else f"{shown} and more: {len(wanted):,} accounts"


def _headline(comparison: Comparison) -> str:
    through = f", through the lens {comparison.lens}" if comparison.lens else ""
    unread = f"; not read: {', '.join(comparison.unknown)}" if comparison.unknown else ""
    if not comparison.groups:
        return f"no action changes in any of the {comparison.compared:,} accounts that both have{through}{unread}"
    touched = len({path for group in comparison.groups for path in group.accounts})
    word = "less guarded in places" if comparison.less_guarded else "more guarded"
    return f"{touched:,} of {comparison.compared:,} accounts change, {word}{through}{unread}"


def _witness(group: Group) -> str:
    pair = group.witness
    if pair is None:
        return "no single request among those tried shows it"
    was, now = ("blocked" if one.decision.blocked else "not blocked" for one in pair)
    by = [
        reason.label
        for reason in pair[1 if pair[1].decision.blocked else 0].decision.reasons
        if reason.effect == "Deny"
    ]
    blocker = f" by {by[0]}" if by else ""
    if now == "blocked":
        return f"{pair[1]}: was {was}, now {now}{blocker}"
    return f"{pair[1]}: was {was}{blocker}, now {now}"


def _accounts(comparison: Comparison) -> Iterator[str]:
    for words, paths in (("only in the later design", comparison.added), ("only in the earlier", comparison.removed)):
        if paths:
            more = f" and {len(paths) - _NAMES} more" if len(paths) > _NAMES else ""
            yield f"{words}: {', '.join(paths[:_NAMES])}{more}"


def shortened(bits: int) -> list[str]:
    """Names of actions, a service in full as `service:*`."""
    catalogue = load_catalogue()
    names: list[str] = []
    rest = bits
    while rest:
        service = catalogue.actions[(rest & -rest).bit_length() - 1].partition(":")[0]
        mine = catalogue.service_bits(service)
        held = rest & mine
        names += [f"{service}:*"] if held == mine else list(catalogue.names(held))
        rest &= ~mine
    return names


def _cell(words: str) -> str:
    return escape(words, quote=False).replace("|", "\\|").replace("\n", " ")
