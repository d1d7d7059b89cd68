"""Files that the tests of saving start from, and random edits on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from orgkit.design import Money, Organization
from orgkit.design.sections import Access, Baseline, Expectation, Group, Lens
from orgkit.starter import design

# Everything a hand may do: odd indents, dashes under their key, brackets over several lines, comments everywhere.
BY_HAND = """\
# an organization by hand
orgkit: 1   # the version

organization:
    # who pays
    management:
        name: Root Account   # its name
        email: aws@example.com
    trusted_access: [a.amazonaws.com,
        b.amazonaws.com]   # two of them
    delegated_administrators: {a.amazonaws.com: [x1, x2], b.amazonaws.com: x1}
    regions:
    - us-east-1   # home
    - us-west-2
    protected_principals: [{principal: "arn:aws:iam::*:role/x", actions: 'a:b'}, "arn:aws:iam::*:role/y"]

policies:
    # one line
    tagging: {type: TAG_POLICY, content: {tags: {A: {tag_key: {"@@assign": A}}}}}
    deny:
        type: SERVICE_CONTROL_POLICY
        content:
            Version: 2012-10-17
            Statement:
            - Effect: Deny
              Action: ["iam:*", 's3:*']   # both
              Resource: "*"
            # the second
            - {Effect: Allow, Action: "*", Resource: "*"}
    text:
        type: SERVICE_CONTROL_POLICY
        content: |
            {"Version": "2012-10-17",
             "Statement": []}

        description: >-
            folded
            text
root:
    policies: [tagging, FullAWSAccess]
    tags: {}
    ous:
        # The security OU
        # has two lines
        Security:
            budget: 1,500.00 USD  # a month

            accounts:
                x1:
                    email: x1@example.com
                    tags:
                        A: yes
                        # inside
                        B: "2"
                    monthly_cost: '3 USD'
                x2:
                    email: x2@example.com
                    # the end of x2
                # the end of the accounts
        Work: {policies: [deny], accounts: {w1: {email: w1@example.com}, w2: {email: w2@example.com}}}
        Multi: {
            accounts: {
                m1: {email: m1@example.com},   # first
                m2: {email: m2@example.com, id: 012345678901},
            },
        }
        Apart: {include: ous/apart.yaml}

        # Sand
        Sand:
            ous:
                In1:
                    ous: {}
                    accounts: {}   # none yet
                In2:
                    owner: me
    accounts:
        top: {email: top@example.com}

lenses:
    l1: {region: us-east-1}
expectations:
-   in: Security
    nobody: true
    can: [s3:a]
-   in: Work   # the second
    lenses: [l1]
    cannot:
    - s3:b
    - s3:c
access:
    groups: {g1: {}, g2: {description: "two"}}
    roles:
        r1:
            to: Security
            external_id:
                env: X
baselines: {}
cost:
    shared:
        # the network
        net: {from: x1, method: EVEN, to: Work}   # evenly
        logs:
            from: x2
            method: FIXED
            to: {Sand/In2: 33.30, "tag:A=yes": 66.70}
            step: 1
# the end"""
APART = """\
# a file apart
accounts:
  # the first
  i1: {email: i1@example.com}
  i2: {email: i2@example.com}
ous:
  Deep:
    policies:
      - tagging
    accounts:
      d1: {email: d1@example.com}
"""


def starter(folder: Path) -> Path:
    """A copy of the starter."""
    shutil.copytree(design().parent, folder, dirs_exist_ok=True)
    return folder / "org.yaml"


def by_hand(folder: Path, newline: str = "\n", bom: str = "", end: str = "") -> Path:
    (folder / "ous").mkdir(parents=True)
    (folder / "org.yaml").write_text(bom + BY_HAND + end, encoding="utf-8", newline=newline)
    (folder / "ous" / "apart.yaml").write_text(APART, encoding="utf-8", newline=newline)
    return folder / "org.yaml"


FILES: dict[str, Callable[[Path], Path]] = {
    "the starter": starter,
    "by hand": by_hand,
    "by hand, with CRLF": lambda folder: by_hand(folder, newline="\r\n"),
    "by hand, with a byte order mark": lambda folder: by_hand(folder, bom="\ufeff", end="\n"),
}

TEXTS = ("yes", "a: b", "x #y", "é😀", "", "012", " blank", "two\nlines", "'", '"', "-", "2012-10-17", "*a", "a\u2028b")


class Pick:
    """Chooses by numbers that hypothesis makes, so that it can make them small."""

    def __init__(self, org: Organization, number: int, numbers: list[int]) -> None:
        self.org = org
        self.number = number
        self.numbers = numbers

    def of(self, things: Any) -> Any:
        things = list(things)
        return things[self.numbers.pop() % len(things)] if things else "nothing"

    @property
    def account(self) -> str:
        return str(self.of(account.handle for account in self.org.accounts()))

    @property
    def ou(self) -> str:
        return str(self.of(self.org.path(ou.id) for ou in self.org.ous()))

    @property
    def holder(self) -> str:
        return str(self.of(["root", *(self.org.path(ou.id) for ou in self.org.ous())]))

    @property
    def policy(self) -> str:
        return str(self.of([*(policy.handle for policy in self.org.policies()), "FullAWSAccess"]))


def _content(pick: Pick) -> None:
    policy = pick.policy
    document = pick.org.policy(policy).document
    document[f"New{pick.number}"] = [pick.number, {"a": None, "b": True}]
    pick.org.set(policy, content=document)


def _expectations(pick: Pick) -> None:
    kept = list(pick.org.settings.expectations)
    if kept and pick.of((True, False)):
        kept.remove(pick.of(kept))
    else:
        new = Expectation(
            where="root", actions=("x:y",), can=pick.of((True, False)), lenses=("l1",), because="it is so"
        )
        kept.insert(pick.of(range(len(kept) + 1)), new)
    pick.org.configure(expectations=tuple(kept))


VERBS: tuple[Callable[[Pick], Any], ...] = (
    lambda p: p.org.add_account(f"n{p.number}", p.holder, email=f"n{p.number}@example.com", tags={"T": p.of(TEXTS)}),
    lambda p: p.org.add_ou(f"N{p.number}", p.holder, owner=p.of(("me", "yes", "a: b"))),
    lambda p: p.org.move(p.account, p.holder),
    lambda p: p.org.move(p.ou, p.holder),
    lambda p: p.org.remove(p.account),
    lambda p: p.org.remove(p.ou),
    lambda p: p.org.rename(p.of((p.account, p.ou)), f"Name {p.number}: x"),
    lambda p: p.org.attach(p.policy, p.of((p.holder, p.account))),
    lambda p: p.org.detach(p.policy, p.of((p.holder, p.account))),
    lambda p: p.org.set(p.account, tags={"A": "1", "B": p.of(TEXTS)}, owner=f"o{p.number}"),
    lambda p: p.org.set(p.of((p.account, p.ou)), budget=Money.parse(f"{p.number}.50 USD")),
    lambda p: p.org.set(p.account, description=p.of(TEXTS[:4]), owner=None),
    lambda p: p.org.add_policy(f"p{p.number}", {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}),
    lambda p: p.org.remove(p.policy),
    _content,
    _expectations,
    lambda p: p.org.configure(regions=p.of((("us-east-1",), ("eu-west-1", "us-west-2"), ("us-west-2", "us-east-1")))),
    lambda p: p.org.configure(
        lenses={**p.org.settings.lenses, f"l{p.number}": Lens(name=f"l{p.number}", context={"a:b": [1, "true", True]})}
    ),
    lambda p: p.org.configure(
        trusted_access=p.of(((), ("c.amazonaws.com", "b.amazonaws.com"))),
        delegated_administrators={"a.amazonaws.com": (p.account,)},
    ),
    lambda p: p.org.configure(
        access=replace(p.org.settings.access or Access(), groups={"g": Group(name="g", description=p.of(TEXTS))}),
        baselines={"b": Baseline(name="b", to=("root",))},
    ),
    lambda p: p.org.undo(),
)
