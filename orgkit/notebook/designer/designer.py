"""`orgkit.Designer`: the controller, its widget where there is somebody to use it, and the still form beside it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgkit.design import Organization
from orgkit.notebook import still
from orgkit.notebook.designer.controller import Controller

if TYPE_CHECKING:
    from orgkit.notebook.designer.widget import DesignerWidget


class Designer:
    """Edit an organization by hand, and see at once what every edit means.

    Shows itself in a notebook: the tree, with panels for details, guardrails, decisions, cost, problems, the plan, the
    history and saving. Edits go to `org` itself and can be undone. With `live`, an organization as `orgkit.read`
    returns it, every edit is planned too. `path` is the file that saving offers, by default the one read from.
    `beside` is a second design: the two stand side by side, row by row, with what either allows that the other does not
    and what each costs; the same comparison is there with the live organization, and with the design as it was opened.

    Until they are saved, edits are kept in a draft beside that file (`.org.yaml.draft`), and offered when the design is
    opened anew: a kernel that is restarted, or a cell that reads the file again, loses none.

    `interactive=False` shows the still form only, as runs without a person do: a text, and a picture as SVG and PNG.
    Beside the widget the picture is drawn for up to 1,000 nodes. Raises MissingExtra where the notebook's parts are not
    installed.
    """

    def __init__(
        self,
        org: Organization,
        *,
        live: Organization | None = None,
        beside: Organization | None = None,
        path: str | Path | None = None,
        interactive: bool | None = None,
    ) -> None:
        self.interactive = still.has_reader() if interactive is None else interactive
        self.controller = Controller(org, live=live, beside=beside, path=path, keep=self.interactive)

    @property
    def org(self) -> Organization:
        """The organization that is edited."""
        return self.controller.org

    @cached_property
    def widget(self) -> DesignerWidget:
        """The widget itself, an anywidget, to be put into boxes beside others."""
        from orgkit.notebook.designer.widget import make

        return make(self.controller)

    def __str__(self) -> str:
        return still.outline(self.org)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """The still form, and beside it the widget where there is somebody to use it."""
        if not self.interactive:
            return still.bundle(self.org)
        data, metadata = still.quick_bundle(self.org)
        shown = self.widget._repr_mimebundle_()
        return {**(shown[0] if shown else {}), **data}, {**(shown[1] if shown else {}), **metadata}
