"""Alternate contacts: whom AWS writes to about billing, operations and security, besides the account's own address.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# The API's AlternateContactType, in the file's letters.
CONTACT_KINDS: Final = ("billing", "operations", "security")
# The service that must be trusted before the management account may write to its members.
CONTACT_SERVICE: Final = "account.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One alternate contact of an account."""

    name: str
    title: str
    email: str
    phone: str


Contacts = Mapping[str, Contact]
