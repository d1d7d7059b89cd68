"""Alternate contacts in the file: for the organization and for an account, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgkit.design import load, save
from orgkit.design.contacts import Contact
from orgkit.errors import FileError

FILE = """\
orgkit: 1
organization:
  management: {email: aws@company.com}
  contacts:  # of everybody
    billing: {name: Billing, title: Accounting, email: billing@company.com, phone: "+1 555 0100"}
root:
  accounts:
    app: {email: app@company.com, contacts: {security: {name: Sec, title: CISO, email: s@company.com, phone: "555"}}}
"""


def test_contacts_are_read_for_the_organization_and_for_an_account(tmp_path: Path) -> None:
    path = tmp_path / "org.yaml"
    path.write_text(FILE)
    org = load(path)
    assert org.settings.contacts["billing"].email == "billing@company.com"
    assert org.account("app").contacts["security"].title == "CISO"


def test_a_contact_that_is_added_leaves_every_other_line_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "org.yaml"
    path.write_text(FILE)
    org = load(path)
    new = Contact(name="Ops", title="On call", email="ops@company.com", phone="+1 555 0199")
    org.configure(contacts={**org.settings.contacts, "operations": new})
    changed = save(org, path)
    assert [line[0] for line in changed.splitlines()[3:] if line[0] in "+-"] == ["+"]
    assert load(path).settings.contacts["operations"] == new


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    {
        "a kind that AWS does not have": ("{security:", "{secuirty:", '"security"'),
        "a contact without a phone": (', phone: "555"', "", "phone"),
        "an email that is none": ("s@company.com", "nobody", "email"),
    }.values(),
)
def test_a_contact_that_aws_would_refuse_is_refused_with_its_place(
    tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    path = tmp_path / "org.yaml"
    path.write_text(FILE.replace(wrong, right))
    with pytest.raises(FileError, match=said) as caught:
        load(path)
    assert "org.yaml:8:" in str(caught.value)
