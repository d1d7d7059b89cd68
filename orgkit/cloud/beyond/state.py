"""What the operations beyond moto keep between calls, and what they look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgkit.cloud.organizations.errors import denied

if TYPE_CHECKING:
    from orgkit.cloud.motoland import Moto
    from orgkit.cloud.organizations import Organizations


@dataclass(slots=True)
class Beyond:
    """The state of one embedded AWS."""

    organizations: Organizations
    moto: Moto
    cost_tags: dict[str, str] = field(default_factory=dict)  # tag key → Active or Inactive, once somebody said so
    guardduty: dict[str, dict[str, Any]] = field(default_factory=dict)  # Region → what its administrator switches on
    root_features: dict[str, float] = field(default_factory=dict)  # feature of central root access → since when
    root_passwords: dict[str, bool] = field(default_factory=dict)  # account → whether root has one, once changed


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, where, and the seed of the identifiers that it makes.

    `root` says that it is, or was when it was recorded, the root user of the caller's account.
    """

    params: dict[str, Any]
    caller: str
    region: str
    seed: str
    root: bool = False


Operation = Callable[[Beyond, Call], dict[str, Any]]


def management_only(state: Beyond, caller: str, what: str) -> None:
    """Refuse whoever is a member of an organization."""
    org = state.organizations.organization
    if org is not None and caller != org.management_id:
        raise denied(f"Only the management account may {what}.")
