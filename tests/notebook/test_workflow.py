"""The whole way through, headless: the five notebooks, one after the other, on the embedded AWS."""

from __future__ import annotations

from pathlib import Path

import orgkit
from orgkit import starter


def test_the_notebooks_take_a_design_from_file_to_an_applied_organization(tmp_path: Path):
    out = tmp_path / "out"
    by_number = {path.name[0]: path for path in starter.notebooks()}
    one, two, three, four, five = (by_number[number] for number in "12345")
    orgkit.run(one, {}, out)
    orgkit.run(two, {}, out)
    given = {"design": str(out / "org.yaml"), "target": f"sandbox:{out / 'sandbox.jsonl'}"}
    orgkit.run(three, {"design": given["design"]}, out)
    orgkit.run(four, given, out)

    # Without the digest of the reviewed plan, provisioning ends after the plan.
    orgkit.run(five, given, out)
    with orgkit.connect(given["target"]) as target:
        assert not orgkit.read(target).accounts()

    orgkit.run(five, {**given, "approve": (out / "plan.digest").read_text()}, out)
    with orgkit.connect(given["target"]) as target:
        live = orgkit.read(target)
    design = orgkit.load(given["design"])
    assert {a.name for a in live.accounts() if not a.management} == {
        a.name for a in design.accounts() if not a.management
    }
    assert not orgkit.plan(design, live).steps
    assert {path.name for path in out.iterdir()} >= {"structure.svg", "review.png", "cost-by-ou.csv", "apply.journal"}


def test_they_write_only_below_the_output_folder(tmp_path: Path, monkeypatch):
    home = tmp_path / "mine"
    orgkit.new(home)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    orgkit.run(home / "notebooks" / "1-design.ipynb", {}, tmp_path / "elsewhere")
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before
