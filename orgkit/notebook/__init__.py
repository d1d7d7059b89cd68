"""What only a notebook needs: widgets, running without a person, progress, the page over the results."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orgkit.notebook.freeze import freeze
from orgkit.notebook.index import write_index
from orgkit.notebook.progress import Progress
from orgkit.notebook.run import Run, run

if TYPE_CHECKING:
    from orgkit.notebook.widgets import ApplyProgress as ApplyProgress
    from orgkit.notebook.widgets import CostView as CostView
    from orgkit.notebook.widgets import DecisionExplorer as DecisionExplorer
    from orgkit.notebook.widgets import PlanReview as PlanReview

_WIDGETS = ("ApplyProgress", "CostView", "DecisionExplorer", "PlanReview")

__all__ = [
    "ApplyProgress",
    "CostView",
    "DecisionExplorer",
    "PlanReview",
    "Progress",
    "Run",
    "freeze",
    "run",
    "write_index",
]


def __getattr__(name: str) -> Any:
    # The widgets use every other room; a progress line in a terminal does not wait for those.
    if name in _WIDGETS:
        return getattr(import_module("orgkit.notebook.widgets"), name)
    raise AttributeError(f"module 'orgkit.notebook' has no attribute {name!r}")
