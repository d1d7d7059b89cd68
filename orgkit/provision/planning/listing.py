"""How a plan reads: as text and as HTML."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from orgkit.design import Problems

if TYPE_CHECKING:
    from orgkit.provision.planning.plan import Plan

# A person reads a screenful or two of a section; the JSON has everything.
MOST = 200
SEVERAL = 3


def headline(plan: Plan) -> str:
    """One line: how many steps, that there is nothing to do, or that nothing of it can be done."""
    count = len(plan.steps)
    steps = f"{count} step{'' if count == 1 else 's'}"
    if plan.blocked:
        return f"refused, so that nothing can be applied{f'; it would be {steps}' if count else ''}"
    if not plan.steps:
        return "nothing to do: the live organization is as designed" + (
            ", as far as the plan goes" if plan.held else ""
        )
    return f"{steps}; on AWS {plan.duration}"


def sections(plan: Plan) -> Iterator[tuple[str, Problems]]:
    """What stands below the steps: a title and findings, where there are any."""
    for title, problems in (("not carried out", plan.held), ("unmanaged, left alone", plan.unmanaged)):
        if problems:
            yield title, problems


def exposures_by_step(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    """What is said of exposures, and why, under the step that ends them; those of several accounts in one sentence."""
    alike: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for one in plan.exposures:
        alike[one.since, one.until, one.message, one.reason].append(one.account)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (since, until, message, reason), accounts in alike.items():
        between = f"EXPOSED between {plan.number(since)} and {plan.number(until)}"
        new = since.startswith("create_account:")  # it stands in the two steps who that is
        found[until].append((f"{between}: {message}" if new else f"{between}: {_several(accounts)}: {message}", reason))
    return found


def _several(accounts: list[str]) -> str:
    if len(accounts) <= SEVERAL:
        return " and ".join(", ".join(accounts).rsplit(", ", 1))
    return f"{', '.join(accounts[:SEVERAL])} and {len(accounts) - SEVERAL} more"


def text(plan: Plan) -> str:
    """The plan as it is printed."""
    lines = [headline(plan), *_findings(plan.blocked)]
    width = len(str(len(plan.steps)))
    part: str | None = None
    begun: set[str] = set()
    for number, step in enumerate(plan.steps, 1):
        if step.part_of != part and step.part_of is not None:
            with_it = ", the end" if step.part_of in begun else _along(plan, step.part_of)
            begun.add(step.part_of)
            lines.append(f"{' ' * width}  {step.part_of}{with_it}:")
        part = step.part_of
        indent = "  " if part else ""
        lines.append(f"{number:>{width}}  {indent}{step}")
        lines += [f"{' ' * width}      note: {note}" for note in step.notes]
        lines += [
            f"{' ' * width}      {said}" for exposure in plan.exposed.get(step.id, ()) for said in exposure if said
        ]
    for title, problems in sections(plan):
        lines += [f"{title}:", *_findings(problems)]
    if plan.assumptions:
        lines += ["assumed:", *(f"  {assumption}" for assumption in plan.assumptions)]
    if plan.steps and not plan.blocked:
        lines.append(f"digest {plan.digest}")
    return "\n".join(lines)


def _along(plan: Plan, part: str) -> str:
    """What comes along with an OU that moves."""
    kinds = Counter(step.kind for step in plan.steps if step.part_of == part)
    counts = [
        f"{kinds[kind]} {one if kinds[kind] == 1 else many}"
        for kind, one, many in (
            ("move_account", "account", "accounts"),
            ("attach_policy", "policy", "policies"),
        )
        if kinds[kind]
    ]
    return f", with {' and '.join(counts)}" if counts else ""


def _findings(problems: Problems) -> Iterator[str]:
    yield from (f"  {p.where}: {p.message}" + (f". {p.fix}" if p.fix else "") for p in problems[:MOST])
    if len(problems) > MOST:
        yield f"  and {len(problems) - MOST} more"


def html(plan: Plan) -> str:
    """The plan as a notebook shows it; everything in it is escaped."""
    rows = []
    for number, step in enumerate(plan.steps[: MOST * 5], 1):
        remarks = [f"<em>{escape(note)}</em>" for note in step.notes]
        remarks += [
            f"<strong>{escape(said)}</strong> {escape(reason)}" for said, reason in plan.exposed.get(step.id, ())
        ]
        part = f"<br><small>part of: {escape(step.part_of)}</small>" if step.part_of else ""
        rows.append(
            f"<tr><td>{number}</td><td style='text-align:left'>{escape(step.text)}{part}</td>"
            f"<td style='text-align:left'>{escape(step.why)}{'<br>' if step.why and remarks else ''}"
            f"{'<br>'.join(remarks)}</td></tr>"
        )
    if len(plan.steps) > MOST * 5:
        rows.append(f"<tr><td></td><td>and {len(plan.steps) - MOST * 5} more</td><td></td></tr>")
    parts = [f"<p>{f'<strong>{escape(headline(plan))}</strong>' if plan.blocked else escape(headline(plan))}</p>"]
    if plan.blocked:
        parts.append(_list(plan.blocked))
    if rows:
        parts.append(f"<table><tr><th>step</th><th>what</th><th>why, and what to know</th></tr>{''.join(rows)}</table>")
    for title, problems in sections(plan):
        parts.append(_folded(f"{title}: {len(problems)}", _list(problems)))
    if plan.assumptions:
        assumed = "".join(f"<li>{escape(assumption)}</li>" for assumption in plan.assumptions)
        parts.append(_folded(f"assumed: {len(plan.assumptions)}", f"<ul>{assumed}</ul>"))
    if plan.steps and not plan.blocked:
        parts.append(f"<p>digest <code>{escape(plan.digest)}</code></p>")
    return "".join(parts)


def _list(problems: Problems) -> str:
    items = [f"<li>{escape(p.where)}: {escape(p.message)} <em>{escape(p.fix)}</em></li>" for p in problems[:MOST]]
    items += [f"<li>and {len(problems) - MOST} more</li>"] if len(problems) > MOST else []
    return f"<ul>{''.join(items)}</ul>"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"
