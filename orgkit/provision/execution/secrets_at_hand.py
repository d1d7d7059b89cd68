"""Whether the secrets that a plan needs are there: asked before the first write, and forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orgkit.cloud.secrets import external_id_to_send
from orgkit.design.sections import SecretReference
from orgkit.errors import InputError, Refused
from orgkit.provision.execution.veil import secrets_in
from orgkit.provision.planning.steps import Step

if TYPE_CHECKING:
    from orgkit.cloud import Target


def secrets_at_hand(steps: Iterable[Step], target: Target) -> None:
    """Raise Refused where a secret that one of the steps needs is missing, with the step and what to do."""
    wanted: dict[SecretReference, Step] = {}
    for step in steps:
        for reference in secrets_in(step.operation.partition(":")[2], step.parameters):
            wanted.setdefault(reference, step)
    missing: list[tuple[Step, InputError]] = []
    for reference, step in wanted.items():
        try:
            external_id_to_send(reference, target)
        except InputError as error:
            missing.append((step, error))
    if missing:
        shown = "\n  ".join(f"{step.text} ({step.place}): {error.what}" for step, error in missing)
        raise Refused(
            f"nothing was done; a secret is missing:\n  {shown}",
            mend=f"{missing[0][1].mend or 'Put it there.'} Then again.",
        )
