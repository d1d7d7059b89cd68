"""Guardrails: what binds the selected node, level by level with where it comes from, and what that stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.design import POLICY_TYPES, RCP, SCP, Account, Policy
from orgkit.guardrails import effective
from orgkit.guardrails.heat import HeatMap, heat_map
from orgkit.notebook.blocks import Json, bars, cell, fold, table, text, title
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_SERVICES: Final = 24


def blocks_of(controller: Controller) -> list[Json]:
    org, node = controller.org, controller.focus
    entity = org.entity(node)
    if isinstance(entity, Policy):
        return [title(entity.name), text("Select an account or an OU to see what binds it.", "quiet")]
    shown = [title("What binds it", org.path(node))]
    rows = []
    for level, policies in org.inherited(node):
        own = level == node
        for policy in policies:
            go = None if policy.aws_managed else policy.id
            rows.append(
                [
                    cell(policy.handle, "quiet" if policy.aws_managed else "", go=go),
                    cell(_short(policy.type), "quiet"),
                    cell("here" if own else f"from {org.path(level)}", "strong" if own else "quiet", go=level),
                ]
            )
    if isinstance(entity, Account) and entity.management:
        shown.append(text("No SCP and no RCP binds the management account.", "warning"))
    shown.append(table(rows, ("policy", "type", "where it comes from")) if rows else text("nothing", "quiet"))
    shown += _stopped(controller, node)
    merged = [
        fold(f"{_short(type)} in effect", text(str(effective(org, node, type)), mono=True))
        for type in POLICY_TYPES
        if type not in (SCP, RCP) and org.enforces(type) and any(p for _, p in org.inherited(node, type))
    ]
    return [*shown, *merged]


def _stopped(controller: Controller, node: str) -> list[Json]:
    """How much of each service the SCPs and RCPs stop."""
    org = controller.org
    accounts = [account.id for account in org.accounts(node)]
    if not accounts:
        return [text("No account stands here.", "quiet")]
    found = controller.permissions
    cells = [found.cells[one] for one in accounts]
    total = len(load_catalogue())
    distinct = {id(one): one for one in cells}
    blocked = sum(one.blocked.bit_count() for one in cells) / len(cells)
    depends = sum(one.depends.bit_count() for one in cells) / len(cells)
    words = f"{blocked:,.0f} blocked, {depends:,.0f} depend on the request, of {total:,} actions"
    if len(distinct) > 1:
        words += f"; on average over {len(cells):,} accounts with {len(distinct)} different sets of guardrails"
    return [title("What it stops"), text(words), *_heat(heat_map({org.path(node): cells}))]


def _heat(heat: HeatMap) -> list[Json]:
    alike: dict[tuple[float, float], list[str]] = {}  # services of which the same shares are stopped share a bar
    for service, (blocked, *_), (depends, *_) in zip(heat.services, heat.blocked, heat.depends, strict=True):
        alike.setdefault((blocked, depends), []).append(service)
    rows = [
        (_named(services), blocked, depends, _share(blocked, depends))
        for (blocked, depends), services in sorted(alike.items(), key=lambda one: (-one[0][0], -one[0][1], one[1]))
    ]
    if not rows:
        return [text("No guardrail has a say on any service.", "quiet")]
    drawn = [bars(rows[:_SERVICES], "of each service's actions: blocked, and depending on the request (striped)")]
    if len(rows) > _SERVICES:
        drawn.append(fold("More services", bars(rows[_SERVICES:])))
    return [*drawn, text(f"{heat.silent} services on which no guardrail has a say", "quiet")] if heat.silent else drawn


def _named(services: list[str]) -> str:
    return ", ".join(services[:2]) + (f" + {len(services) - 2:,} more" if len(services) > 2 else "")


def _share(blocked: float, depends: float) -> str:
    parts = [f"{_percent(blocked)} blocked"] if blocked else []
    return ", ".join([*parts, f"{_percent(depends)} depend"] if depends else parts)


def _percent(part: float) -> str:
    """Never 0% for something, never 100% for less than all."""
    return "100%" if part >= 1 else f"{min(99, max(1, round(100 * part)))}%"


def _short(type: str) -> str:
    return {SCP: "SCP", RCP: "RCP"}.get(type, type.replace("_", " ").lower())
