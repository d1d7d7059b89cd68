"""Panels as widgets of their own: to ask the guardrails, see costs, review a plan, and follow it being carried out."""

from orgkit.notebook.widgets.apply_progress import ApplyProgress
from orgkit.notebook.widgets.cost_view import CostView
from orgkit.notebook.widgets.decision import DecisionExplorer
from orgkit.notebook.widgets.plan_review import PlanReview

__all__ = ["ApplyProgress", "CostView", "DecisionExplorer", "PlanReview"]
