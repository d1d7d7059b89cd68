"""The heat map's data: how much of each service the guardrails of each place stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from orgkit.guardrails.matrix import ChainBits
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class HeatMap:
    """`blocked[row][column]` is the share (0 to 1) of a service's actions that are blocked at a place, averaged over
    its accounts; `depends` the same for those that depend on context. Services on which no guardrail has a say are left
    out, and their number is in `silent`.
    """

    services: tuple[str, ...]
    places: tuple[str, ...]
    blocked: tuple[tuple[float, ...], ...]
    depends: tuple[tuple[float, ...], ...]
    silent: int = 0

    def __str__(self) -> str:
        wide = max([len(service) for service in self.services] or [0])
        head = "  ".join(self.places)
        lines = [f"{'':{wide}}  {head}", *self._rows(wide)]
        return "\n".join([*lines, f"{self.silent} services on which no guardrail has a say"])

    def _rows(self, wide: int) -> list[str]:
        return [
            f"{service:{wide}}  "
            + "  ".join(
                f"{_cell(b, d):>{len(place)}}" for place, b, d in zip(self.places, blocked, depends, strict=True)
            )
            for service, blocked, depends in zip(self.services, self.blocked, self.depends, strict=True)
        ]

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(place)}</th>" for place in self.places)
        rows = ""
        for service, blocked, depends in zip(self.services, self.blocked, self.depends, strict=True):
            cells = "".join(
                f"<td style='background:rgba(180,35,24,{b:.2f})'>{_cell(b, d)}</td>"
                for b, d in zip(blocked, depends, strict=True)
            )
            rows += f"<tr><td>{escape(service)}</td>{cells}</tr>"
        return f"<table><tr><th></th>{head}</tr>{rows}</table><p>{self.silent} services without a say</p>"

    def to_json(self) -> dict[str, Any]:
        """Return services, places and both tables of shares."""
        return {
            "services": list(self.services),
            "places": list(self.places),
            "blocked": [list(row) for row in self.blocked],
            "depends": [list(row) for row in self.depends],
            "silent": self.silent,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Services down, places across, the share blocked in the cells."""
        import pandas

        return pandas.DataFrame(list(self.blocked), index=list(self.services), columns=list(self.places))


def heat_map(columns: Mapping[str, list[ChainBits]]) -> HeatMap:
    """Average over the accounts of each place; accounts that share a cell are counted once and weighed."""
    catalogue = load_catalogue()
    rows: list[tuple[str, tuple[float, ...], tuple[float, ...]]] = []
    weights = []
    for cells in columns.values():
        counted: dict[int, tuple[ChainBits, int]] = {}
        for cell in cells:
            counted[id(cell)] = (cell, counted.get(id(cell), (cell, 0))[1] + 1)
        weights.append(list(counted.values()))
    for service in catalogue.services:
        bits = catalogue.service_bits(service)
        size = bits.bit_count()
        blocked = tuple(_share([((c.blocked & bits).bit_count(), n) for c, n in each], size) for each in weights)
        depends = tuple(_share([((c.depends & bits).bit_count(), n) for c, n in each], size) for each in weights)
        if any(blocked) or any(depends):
            rows.append((service, blocked, depends))
    return HeatMap(
        tuple(service for service, _, _ in rows),
        tuple(columns),
        tuple(blocked for _, blocked, _ in rows),
        tuple(depends for _, _, depends in rows),
        len(catalogue.services) - len(rows),
    )


def _share(counts: list[tuple[int, int]], size: int) -> float:
    accounts = sum(number for _, number in counts)
    return sum(count * number for count, number in counts) / (accounts * size) if accounts and size else 0.0


def _cell(blocked: float, depends: float) -> str:
    if not blocked and not depends:
        return "·"
    return f"{blocked:.0%}" + (f"+{depends:.0%}?" if depends else "")
