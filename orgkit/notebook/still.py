"""Still forms: what stands in a notebook that nobody runs, or that runs without a person."""

from __future__ import annotations

import os
from typing import Any, Final

from orgkit.design import Organization

HEADLESS: Final = "ORGKIT_HEADLESS"  # set in the kernel of a run without a person
QUICK: Final = 1_000  # nodes up to which a picture is drawn while somebody waits for the widget
_LINES: Final = 200

Bundle = tuple[dict[str, Any], dict[str, Any]]


def has_reader() -> bool:
    """Whether a person may be there to use a widget; not in a run by `orgkit run`."""
    return not os.environ.get(HEADLESS)


def bundle(org: Organization) -> Bundle:
    """The organization as text, and where there is a layout engine as SVG and PNG."""
    from orgkit.diagram import draw

    return draw(org)._repr_mimebundle_()


def quick_bundle(org: Organization) -> Bundle:
    """The same, of a large organization as text only: its picture takes longer than a widget may."""
    return bundle(org) if len(org.tree()) <= QUICK else ({"text/plain": outline(org)}, {})


def outline(org: Organization) -> str:
    """The OUs with the number of their accounts, and the accounts where all of it is short."""
    tree = org.tree()
    short = len(tree) <= _LINES
    depth: dict[str | None, int] = {None: -1}
    lines = []
    for target, parent in tree:
        depth[target.id] = depth[parent] + 1
        if target.kind != "account":
            held = sum(org.entity(child).kind == "account" for child in org.children(target.id))
            count = f" ({held} account{'' if held == 1 else 's'})" if held and not short else ""
            lines.append(f"{'  ' * depth[target.id]}{target.name}{count}")
        elif short:
            lines.append(f"{'  ' * depth[target.id]}{target.name}")
    more = [f"… and {len(lines) - _LINES} more OUs"] if len(lines) > _LINES else []
    return "\n".join([repr(org), *lines[:_LINES], *more])
