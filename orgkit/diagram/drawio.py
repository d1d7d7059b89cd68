"""draw.io: every card a container with its lines as cells of their own, placed as in the picture and open to editing.

The format is mxGraph's XML: https://www.drawio.com/doc/faq/diagram-source-edit
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from orgkit.diagram.layout import FRAME, HEADER, LINE, SIZE, SMALL, Layout, badge_width
from orgkit.diagram.palette import EDGE, HIGHLIGHT, PAGE, QUIET, TONES, shaded
from orgkit.diagram.picture import Badge, Card, Picture, Row

_TOP = 84  # of the page, for title, caption and legend
_MARGIN = 20


def mxfile(picture: Picture, layout: Layout) -> str:
    """The picture as the XML of a draw.io file, uncompressed."""
    file = ET.Element("mxfile", host="orgkit", type="device")
    page = ET.SubElement(file, "diagram", id="organization", name=picture.title)
    settings = {
        "grid": "1",
        "gridSize": "10",
        "page": "1",
        "background": PAGE,
        "pageWidth": f"{layout.width + 2 * _MARGIN:.0f}",
        "pageHeight": f"{layout.height + _TOP + 2 * _MARGIN:.0f}",
    }
    model = ET.SubElement(page, "mxGraphModel", settings)
    sheet = ET.SubElement(model, "root")
    ET.SubElement(sheet, "mxCell", id="0")
    ET.SubElement(sheet, "mxCell", {"id": "1", "parent": "0"})
    _heading(sheet, picture)
    ids = {card.node: f"card{index}" for index, card in enumerate(picture.cards)}
    for card in picture.cards:
        _card(sheet, ids[card.node], card, layout)
    for card in picture.cards:
        if card.parent is not None:
            _edge(sheet, ids[card.parent], ids[card.node], layout, card.node)
    ET.indent(file)
    return ET.tostring(file, encoding="unicode", xml_declaration=False) + "\n"


def _style(**values: object) -> str:
    # html=0: a label is plain text, whatever stands in it.
    plain = {"html": 0, "whiteSpace": "nowrap", "overflow": "hidden", "fontFamily": "Helvetica"}
    return "".join(f"{key}={value};" for key, value in (plain | values).items() if value is not None)


def _cell(
    sheet: ET.Element, id: str, words: str, box: tuple[float, float, float, float], *, parent: str, tip: str, style: str
) -> None:
    # A UserObject is how draw.io gives a cell a tooltip; its placeholders stay off, so % means nothing.
    holder = ET.SubElement(sheet, "UserObject", {"id": id, "label": words} | ({"tooltip": tip} if tip else {}))
    cell = ET.SubElement(holder, "mxCell", {"style": style, "vertex": "1", "parent": parent})
    x, y, width, height = (f"{value:g}" for value in box)
    ET.SubElement(cell, "mxGeometry", {"x": x, "y": y, "width": width, "height": height, "as": "geometry"})


def _heading(sheet: ET.Element, picture: Picture) -> None:
    line = {"strokeColor": "none", "fillColor": "none", "align": "left"}
    wide = 900.0
    title = _style(fontSize=17, fontStyle=1, **line)
    _cell(sheet, "title", picture.title, (_MARGIN, 0, wide, 28), parent="1", tip="", style=title)
    caption = _style(fontSize=SIZE, fontColor=QUIET, **line)
    _cell(sheet, "caption", picture.caption, (_MARGIN, 28, wide, 20), parent="1", tip="", style=caption)
    x = float(_MARGIN)
    for index, badge in enumerate(picture.legend):
        _badge(sheet, f"legend{index}", badge, (x, 52, badge_width(badge), LINE - 4), parent="1")
        x += badge_width(badge) + 6


def _card(sheet: ET.Element, id: str, card: Card, layout: Layout) -> None:
    spot, tone = layout.spots[card.node], TONES[card.tone]
    ground = tone.ground if card.shade is None else shaded(card.shade)
    size, colour = spot.size, tone.text if card.shade is None else TONES["ou"].text
    box = _style(
        shape="swimlane",
        startSize=HEADER,
        container=1,
        collapsible=0,
        align="left",
        spacingLeft=6,
        fontSize=SIZE,
        fontStyle=1,
        fontColor=colour,
        fillColor=ground,
        swimlaneFillColor=PAGE,
        strokeColor=HIGHLIGHT if card.strong else tone.line,
        strokeWidth=3 if card.strong else 1,
        dashed=1 if card.dashed else None,
    )
    place = (spot.x + _MARGIN, spot.y + _TOP, size.width, size.height)
    _cell(sheet, id, card.title, place, parent="1", tip=card.tip, style=box)
    inner = size.width - FRAME
    if card.mark:
        wide = badge_width(card.mark)
        _badge(sheet, f"{id}-mark", card.mark, (inner - wide - 4, 4, wide, HEADER - 8), parent=id)
    elif card.note:
        style = _style(strokeColor="none", fillColor="none", align="right", fontSize=SMALL, fontColor=colour)
        _cell(sheet, f"{id}-note", card.note, (inner - size.note, 0, size.note, HEADER), parent=id, tip="", style=style)
    y = float(HEADER)
    for index, badge in enumerate(card.badges):
        _badge(sheet, f"{id}-badge{index}", badge, (4, y + 2, inner - 8, LINE - 4), parent=id)
        y += LINE
    slots: list[tuple[str, Row | Badge]] = []
    for index, row in enumerate(card.rows):
        slots.append((f"{id}-row{index}", row))
        slots += [(f"{id}-row{index}-badge{number}", badge) for number, badge in enumerate(row.badges)]
    tall = -(-len(slots) // size.columns)
    for index, (name, slot) in enumerate(slots):
        column, line = divmod(index, tall)
        left, top = FRAME / 2 + column * size.column, y + line * LINE
        if isinstance(slot, Badge):
            _badge(sheet, name, slot, (left + 12, top + 2, size.column - 16, LINE - 4), parent=id)
        else:
            _row(sheet, name, slot, (left, top, size.column, LINE), size.note, parent=id)


def _row(
    sheet: ET.Element, id: str, row: Row, box: tuple[float, float, float, float], note: int, *, parent: str
) -> None:
    tone = TONES[row.tone]
    style = _style(
        align="left",
        spacingLeft=5,
        fontSize=SIZE,
        fontStyle=1 if row.strong else 0,
        fontColor=HIGHLIGHT if row.strong else tone.text,
        fillColor=tone.ground if row.shade is None else shaded(row.shade),
        strokeColor=tone.line,
    )
    _cell(sheet, id, row.text, box, parent=parent, tip=row.tip, style=style)
    x, y, width, height = box
    if row.mark:
        wide = badge_width(row.mark)
        _badge(sheet, f"{id}-mark", row.mark, (x + width - wide - 4, y + 2, wide, height - 4), parent=parent)
    elif row.note:
        right = _style(strokeColor="none", fillColor="none", align="right", fontSize=SMALL, fontColor=tone.text)
        _cell(
            sheet, f"{id}-note", row.note, (x + width - note, y, note - 4, height), parent=parent, tip="", style=right
        )


def _badge(sheet: ET.Element, id: str, badge: Badge, box: tuple[float, float, float, float], *, parent: str) -> None:
    tone = TONES[badge.tone]
    style = _style(
        rounded=1,
        arcSize=40,
        align="left",
        spacingLeft=4,
        fontSize=SMALL,
        fontStyle=1 if badge.strong else 0,
        fontColor=tone.text,
        fillColor=tone.ground,
        strokeColor=HIGHLIGHT if badge.strong else tone.line,
        dashed=1 if tone.dashed else None,
    )
    _cell(sheet, id, badge.text, box, parent=parent, tip=badge.tip, style=style)


def _edge(sheet: ET.Element, parent: str, child: str, layout: Layout, node: str) -> None:
    down = layout.direction == "TB"
    ends = (
        {"exitX": 0.5, "exitY": 1, "entryX": 0.5, "entryY": 0}
        if down
        # as in the picture: from header to header, whatever the height of the cards
        else {"exitX": 1, "exitY": 0, "exitDy": HEADER / 2, "entryX": 0, "entryY": 0, "entryDy": HEADER / 2}
    )
    style = _style(edgeStyle="orthogonalEdgeStyle", rounded=0, endArrow="none", strokeColor=EDGE, **ends)
    ends_at = {"parent": "1", "source": parent, "target": child}
    cell = ET.SubElement(sheet, "mxCell", {"id": f"{parent}-{child}", "style": style, "edge": "1"} | ends_at)
    geometry = ET.SubElement(cell, "mxGeometry", {"relative": "1", "as": "geometry"})
    points = ET.SubElement(geometry, "Array", {"as": "points"})
    for x, y in layout.lines[node][1:-1]:
        ET.SubElement(points, "mxPoint", x=f"{x + _MARGIN:g}", y=f"{y + _TOP:g}")
