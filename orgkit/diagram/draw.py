"""Draw an organization: check what was asked, choose the view, make the picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from orgkit.design import Organization
from orgkit.diagram.diagram import Diagram
from orgkit.diagram.views import VIEWS
from orgkit.diagram.views.parts import Options
from orgkit.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from orgkit.cost import Rollup
    from orgkit.guardrails import Permissions

DIRECTIONS: Final = ("auto", "TB", "LR")


def draw(
    org: Organization,
    view: str = "structure",
    *,
    under: str | None = None,
    collapse: str = "auto",
    highlight: str | Iterable[str] = (),
    title: str | None = None,
    direction: str = "auto",
    before: Organization | None = None,
    rollup: Rollup | None = None,
    permissions: Permissions | None = None,
) -> Diagram:
    """Draw an organization, or what is below one OU (`under`), as one of the views in `VIEWS`.

    `collapse` is `auto` (above about 300 boxes and lines, accounts become a count per OU), `always` or `never`.
    `highlight` names OUs, accounts or policies. `direction` is `auto`, `TB` (top to bottom) or `LR`. `before` is the
    organization that the view `changes` compares with; `rollup` is an answer by `ou` (of a bill, say) that the view
    `cost` shows instead of the planned figures; with `permissions` the view `guardrails` counts blocked actions too.
    InputError where a view, a name or an option is unknown.
    """
    chosen = VIEWS.get(view)
    if chosen is None:
        raise InputError(f"there is no view {view!r}", mend=did_you_mean(view, VIEWS))
    if direction not in DIRECTIONS:
        raise InputError(f"there is no direction {direction!r}", mend=did_you_mean(direction, DIRECTIONS))
    given = {"before": before, "rollup": rollup, "permissions": permissions}
    for option, value in given.items():
        if value is not None and option not in chosen.takes:
            fitting = ", ".join(name for name, other in VIEWS.items() if option in other.takes)
            raise InputError(f"the view {view} takes no {option}", mend=f"It goes with: {fitting}.")
    names = (highlight,) if isinstance(highlight, str) else tuple(highlight)
    options = Options(
        top=org.root.id if under is None else org.find(under, "root", "ou"),
        collapse=collapse,
        highlight=frozenset(map(org.find, names)),
        title=title,
        direction=direction,
        before=before,
        rollup=rollup,
        permissions=permissions,
    )
    return Diagram(chosen.picture(org, options))
