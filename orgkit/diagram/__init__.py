"""How an organization looks: views of it as pictures, for notebooks, reviews and other drawing tools."""

from orgkit.diagram.diagram import Diagram, Heatmap, heatmap
from orgkit.diagram.draw import draw
from orgkit.diagram.views import VIEWS

__all__ = ["VIEWS", "Diagram", "Heatmap", "draw", "heatmap"]
