"""Organizations to draw."""

from __future__ import annotations

import orgkit
from orgkit.design import SCP, Account, Edit, Money, Organization, OrganizationalUnit
from orgkit.design.changes import Add

# Names that mean something to DOT, HTML, XML, Mermaid, YAML or a terminal.
NASTY = [
    'a "quoted" name',
    "<script>alert(1)</script>",
    "AT&T &amp; &#92;",
    "back\\slash \\N \\G \\",
    "new\nline\tand tab",
    "x" * 300,
    "😀 日本語 naïve",
    "end",
    "1. list",
    "- dash",
    '"]; click n0 "javascript:alert(1)"',
    "#quot; `tick` {a} [b] (c) |d|",
    "</TD></TR></TABLE>>",
    "%% comment",
    "\x00\x07control",
    "]]> --> <!--",
    "\u202egnp.exe",
    "n0:port",
    " ",
]


def starter() -> Organization:
    """The organization that ships with orgkit."""
    return orgkit.load("starter")


def named(name: str) -> Organization:
    """One OU, account and policy of this name, which also stands in every text that a tooltip shows."""
    org = Organization()
    org.configure(policy_types=(SCP,))
    org.add_ou("unit", name=name, tags={name: name}, owner=name)
    org.add_account("account", "unit", email="a@example.com", name=name, owner=name, tags={"k": name})
    org.add_policy("policy", {"Version": "2012-10-17", "Statement": []}, name=name, description=name)
    org.attach("policy", "unit")
    org.attach("policy", "account")
    return org


def large(accounts: int, ous: int, *, below: int = 6) -> Organization:
    """`ous` OUs, each with `below` OUs under it, and the accounts spread over them."""
    org = Organization()
    changes: list[Add] = []
    places = ["root"]
    for number in range(ous):
        parent = places[number // below]
        ou = OrganizationalUnit(id=f"ou:{number}", handle=f"ou-{number}", name=f"ou-{number}")
        places.append(ou.id)
        changes.append(Add(ou, parent))
    for number in range(accounts):
        account = Account(
            id=f"account:{number}",
            handle=f"team-{number}",
            name=f"team-{number}",
            email=f"{number}@example.com",
            management=number == 0,
            monthly_cost=Money.parse(f"{number % 97} USD"),
        )
        changes.append(Add(account, places[number % len(places)]))
    org.perform(Edit("grow", tuple(changes)))
    return org
