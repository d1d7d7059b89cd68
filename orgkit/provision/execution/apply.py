"""Carrying out a plan: what is refused before the first write, the journal, and the way back into a run."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING

from orgkit.cloud.read import read
from orgkit.errors import InputError, Refused
from orgkit.provision.execution.applied import Applied
from orgkit.provision.execution.control import Stop, listening
from orgkit.provision.execution.events import Event
from orgkit.provision.execution.journal import Journal
from orgkit.provision.execution.resume import check_resumption
from orgkit.provision.execution.run import Run
from orgkit.provision.execution.secrets_at_hand import secrets_at_hand
from orgkit.provision.looked_at import looked_again
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.snapshot import differences, listed, snapshot

if TYPE_CHECKING:
    from orgkit.cloud import Target

# More would only wait: AWS paces each operation, and has five accounts in the making at one time.
WORKERS = 8


def apply(
    plan: Plan | None,
    target: Target,
    *,
    approve: str | None = None,
    journal: str | PathLike[str] | None = None,
    progress: Callable[..., None] | None = None,
    watch: Callable[[Event], None] | None = None,
    resume: bool = False,
    stop: Stop | None = None,
    workers: int | None = None,
) -> Applied:
    """Carry out a plan whose digest is approved, and return what became of each step.

    `journal` is a file that gets a row before and after every call; with `resume` the run that it records goes on where
    it stopped, whose plan need not be given again, nor approved. `progress(text, done, total)` is called after every
    step, the time left in its text; `watch(event)` whenever a step begins or ends, in the thread that applies. `stop`
    is a token, such as threading.Event, that ends the run after the calls in flight, as Ctrl-C does; a Control also
    pauses it. `workers` is how many steps run at a time; one in a sandbox of this process.
    Errors: Refused (not approved, blocked, made for another target, the live organization has changed), Incomplete
    (steps failed; the others are done), Interrupted, FileError (the journal), InputError (nothing to resume).
    """
    if resume and journal is None:
        raise InputError("there is no journal to resume", mend="Name the journal of the run: journal=…")
    if plan is None and not resume:
        raise InputError("there is no plan to carry out", mend="Make one with orgkit.plan, or resume a run.")
    with Journal(journal, create=plan is not None) as book, listening(stop) as token:
        past = book.last()
        if resume and past is not None:
            check_resumption(past, plan, target, approve, str(journal))
            secrets_at_hand((step for step in past.plan.steps if step.id not in past.done), target)
            run = Run(past.plan, target, book, token, progress, watch)
            run.take_over(past)
            if not past.finished:
                book.take_up(past, target.clock.time())
        elif plan is None:
            raise InputError("this journal has no run to resume", where=str(journal), mend="Apply the plan first.")
        else:
            _check(plan, target, approve, book)
            secrets_at_hand(plan.steps, target)
            book.begin(plan, target.spec, target.clock.time())
            run = Run(plan, target, book, token, progress, watch)
        run.run(workers or (1 if target.kind == "sandbox" else WORKERS))
        return run.answer()


def _check(plan: Plan, target: Target, approve: str | None, journal: Journal) -> None:
    """Refuse before the first write."""
    plan.refuse()
    if plan.empty:
        return
    if approve != plan.digest:
        what = "the plan is not approved" if approve is None else f"{approve} approves another plan"
        raise Refused(
            what,
            mend=f"Review it, and approve it by its digest: approve={plan.digest!r} (--approve on the command line).",
        )
    made_for = (plan.origin or target.spec).partition(":")[0]
    if "aws" in (made_for, target.kind) and made_for != target.kind:
        raise Refused(
            f"the plan was made for {plan.origin}, not for {target.spec}", mend=f"Plan again for {target.spec}."
        )
    past = journal.last()
    if past is not None and past.plan.digest == plan.digest and not past.finished:
        raise Refused(
            "the journal has a run of this plan that did not finish",
            where=str(journal.path),
            mend="Go on with it: --resume on the command line, resume=True here. Or name another journal.",
        )
    _check_unchanged(plan, target, applied=past is not None and past.plan.digest == plan.digest)


def _check_unchanged(plan: Plan, target: Target, *, applied: bool) -> None:
    live = looked_again(read(target), plan.before)
    now = live.settings.organization_id
    if plan.organization_id is not None and now != plan.organization_id:
        there = "has no organization" if now is None else f"has the organization {now}"
        raise Refused(
            f"the plan was made for the organization {plan.organization_id} ({plan.origin}); {target.spec} {there}",
            mend="Connect to the target that the plan was made for, or plan again for this one.",
        )
    changed = differences(plan.before, snapshot(live))
    if not changed:
        return
    if applied:
        raise Refused("this plan was carried out already", mend="Plan again: what is left to do is in the new plan.")
    raise Refused(
        f"the live organization has changed since the plan was made:\n  {listed(changed)}", mend="Plan again."
    )
