"""Hundreds of damaged files: each is refused with a message, or read without dropping anything."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import yaml

from orgkit.design import load
from orgkit.design.comparison import difference
from orgkit.errors import FileError
from orgkit.starter import design

STARTER = design()
TEXT = STARTER.read_text("utf-8")
# Keys that say what holds without them too.
DEFAULTS = ("max_concurrent: 1", "failure_tolerance: 0", "session: 1h", "max_session: 1h", "name: management")


def mutated(seed: int) -> str:
    """The starter with a few lines deleted, doubled, swapped, indented otherwise or garbled."""
    chance = random.Random(seed)
    lines = TEXT.splitlines(keepends=True)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(lines))
        line = lines[at]
        match chance.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, line)
            case 2:
                lines[at] = line[2:] if line.startswith("  ") else "  " + line
            case 3:
                here = chance.randrange(len(line))
                lines[at] = line[:here] + line[here + 1 :]
            case 4:
                here = chance.randrange(len(line))
                lines[at] = line[:here] + chance.choice("{}[]:,#&*!|>'\"%@`\t-?~é0a ") + line[here:]
            case 5:
                lines[at] = line.replace(":", "", 1)
            case 6:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], line
            case 7:
                lines = lines[:at]
                break
    return "".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("mutated") / "design"
    shutil.copytree(STARTER.parent, place)
    return place


@pytest.mark.parametrize("block", range(20))
def test_a_damaged_file_is_refused_or_read_whole(folder: Path, block: int) -> None:
    before = load(STARTER)
    refused = 0
    for seed in range(block * 25, block * 25 + 25):
        text = mutated(seed)
        (folder / "org.yaml").write_text(text, encoding="utf-8")
        try:
            org = load(folder / "org.yaml")
        except FileError as error:
            refused += 1
            assert error.where and error.what, f"seed {seed}: {error}"
            continue
        said = yaml.load(text, yaml.BaseLoader)
        if said != yaml.load(TEXT, yaml.BaseLoader) and all(text.count(key) == TEXT.count(key) for key in DEFAULTS):
            assert difference(org, before) is not None, f"seed {seed}: something was dropped"
    assert refused, "nothing was damaged"
