"""How long a large org.yaml takes: 10,000 accounts loaded, saved unchanged, and saved after one move.

    python benchmarks/org_file.py [ACCOUNTS]

The design asks for a load in under 3 seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orgkit.design import load, save


def written(accounts: int) -> str:
    """An organization of OUs with 100 accounts each, in the hand of the starter."""
    lines = ["orgkit: 1", "root:", "  ous:"]
    for number in range(accounts):
        if number % 100 == 0:
            lines += [f"    ou-{number // 100}:", "      accounts:"]
        lines.append(
            f"        account-{number}: {{email: aws-{number}@company.com, owner: team-{number % 40}, "
            f"tags: {{Environment: production, Team: team-{number % 40}, Project: p-{number}}}, monthly_cost: 520 USD}}"
        )
    return "\n".join(lines) + "\n"


@contextmanager
def timed(what: str, show: Callable[[str], object]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    show(f"{what:<28}{time.perf_counter() - start:6.2f} s")


def main(accounts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "org.yaml"
        path.write_text(written(accounts), encoding="utf-8")
        print(f"{accounts} accounts, {path.stat().st_size / 1e6:.1f} MB")
        with timed("load", print):
            org = load(path)
        with timed("save, nothing changed", print):
            assert save(org, path) == ""
        org.move("account-7", "ou-1")
        with timed("save one move", print):
            text = save(org, path)
        # Beside the lines of the account, the diff has two headers of three lines and their context.
        assert sum(line[:1] in "+-" for line in text.splitlines()) == 4
        split = Path(folder) / "split" / "org.yaml"
        split.parent.mkdir()
        with timed("write anew, a file per OU", print):
            save(org, split)
        with timed("load a file per OU", print):
            load(split)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
