"""What an organization costs: planned figures and bills over the tree and over tags, and the split of shared cost."""

from orgkit.cost.allocation import Allocation, SharedCost, allocate
from orgkit.cost.answer import Rollup, Row
from orgkit.cost.billing import Charge, read_charges, roll_up_charges
from orgkit.cost.planned import after_move, rollup
from orgkit.cost.sharing import shared_cost

__all__ = [
    "Allocation",
    "Charge",
    "Rollup",
    "Row",
    "SharedCost",
    "after_move",
    "allocate",
    "read_charges",
    "roll_up_charges",
    "rollup",
    "shared_cost",
]
