"""The account vending machine: from a request to an account that stands in its OU, tagged, watched and written down.

Vending is planning and applying of a part: the accounts are added to a copy of the design, and only the steps that
concern them are carried out. Those that AWS has made are then recorded in the design. Nothing is remembered elsewhere:
whoever vends the same list again goes on where an earlier run was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from orgkit.cloud.read import read
from orgkit.design import RCP, SCP, Organization, Policy
from orgkit.errors import Incomplete, InputError, Interrupted, Refused
from orgkit.guardrails.permissions import permissions
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.execution.apply import apply
from orgkit.provision.execution.control import Stop
from orgkit.provision.execution.creations_under_way import wait_for_creations
from orgkit.provision.execution.journal import FAILED as STEP_FAILED
from orgkit.provision.execution.journal import Journal, Past
from orgkit.provision.looked_at import looked_at
from orgkit.provision.planning import references
from orgkit.provision.planning.order import GUARDS
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.planner import plan
from orgkit.provision.planning.steps import Step
from orgkit.provision.vending.account_requests import AccountRequest, Requests, read_requests
from orgkit.provision.vending.vended import FAILED, LEFT, PLANNED, VENDED, Guardrails, Vended, Vending
from orgkit.provision.vending.vending_checks import Prepared, add_account, prepare

if TYPE_CHECKING:
    from orgkit.cloud import Target

_MOST_SHOWN = 100
# These make an account; without them it is not there, or not where it should be.
_ESSENTIAL = frozenset({"create_account", "move_account"})


def vend(
    org: Organization | str | PathLike[str],
    requests: Requests,
    target: Target,
    *,
    approve: str | None = None,
    journal: str | PathLike[str] | None = None,
    pin_ids: bool = False,
    progress: Callable[..., None] | None = None,
    stop: Stop | None = None,
) -> Vending:
    """Vend accounts: check what is asked for, plan it, and once its digest is approved carry it out and record it.

    `org` is a design that is edited, or its file, which is saved too: every line that no account concerns stays as it
    was; `pin_ids` writes the account ids down. `requests` are one or several maps, or a CSV or YAML file. Without
    `approve` nothing is done. `journal` is a file that a stopped run is resumed from; vending the same list again
    without it works too, after a new approval, since what exists is found by email.
    Errors: InputError with every mistake of every request; Refused (not approved, or the design has to be carried out
    first); Interrupted, once what was vended until then is recorded. What failed stands in the answer.
    """
    asked, problems = read_requests(requests)
    design, file = _design(org)
    wait_for_creations(target, {request.name for request in asked}, progress)
    live = read(target, design=design, progress=progress)
    prepared = prepare(design, live, asked)
    _refuse([*problems, *prepared.problems])
    made, later = _plan(prepared, live)
    answer = Vending(_rows(prepared, live, made, {}), _guardrails(prepared), made, later=later)
    if approve is None and made.steps:
        return answer
    errors: dict[str, str] = {}
    interrupted: Interrupted | None = None
    if made.steps:
        made.refuse()
        with TemporaryDirectory(prefix="orgkit-vend-", ignore_cleanup_errors=True) as folder:
            book = Path(folder) / "journal" if journal is None else Path(journal)
            try:
                past = _unfinished(book, approve)
                apply(
                    None if past is not None else made,
                    target,
                    approve=approve,
                    journal=book,
                    progress=progress,
                    resume=past is not None,
                    stop=stop,
                )
            except Incomplete:
                errors = _errors(book)
            except Interrupted as error:
                interrupted = error
        live = read(target, design=prepared.design, progress=progress)
        made, later = _plan(prepared, live)
    rows = _rows(prepared, live, made, errors, tried=True)
    changes = _record(design, file, prepared, rows, pin_ids)
    if interrupted is not None:
        done = sum(row.state == VENDED for row in rows)
        raise Interrupted(
            f"stopped after {done} of {len(rows)} accounts", mend="Vend the same list again: it goes on from here."
        ) from None
    return replace(answer, accounts=rows, recorded=True, changes=changes, later=later)


def _design(org: Organization | str | PathLike[str]) -> tuple[Organization, Path | None]:
    if isinstance(org, Organization):
        return org, None
    from orgkit.design import load

    return load(Path(org)), Path(org)


def _refuse(problems: Iterable[Any]) -> None:
    """All mistakes at once, each with its place."""
    found = list(problems)
    if not found:
        return
    first, *others = found
    lines = [first.fix] if first.fix else []
    for other in others[: _MOST_SHOWN - 1]:
        lines += [f"{other.where}: {other.message}", *([f"  {other.fix}"] if other.fix else [])]
    if len(others) >= _MOST_SHOWN:
        lines.append(f"and {len(others) - _MOST_SHOWN + 1} more")
    raise InputError(first.message, where=first.where, mend="\n  ".join(lines))


# ---- the plan ------------------------------------------------------------------------------------


def _plan(prepared: Prepared, live: Organization) -> tuple[Plan, tuple[str, ...]]:
    """The steps of these accounts alone, and in words those that wait for other accounts besides.

    Refused where something else has to be done first.
    """
    design = prepared.design
    live = looked_at(design, live)
    names = {references.account(design.account(node).handle) for _, node in prepared.accounts}
    whole = plan(design, live)
    mine = {step.id for step in whole.steps if _concerns(step, names)}
    waiting = _waiting(whole, mine)
    mine -= waiting
    made = plan(design, live, only=mine)
    first = [step for step in made.steps if step.id not in mine]
    first += [
        whole.graph.nodes[before]["step"]
        for before, after, kind in whole.edges
        if kind == GUARDS and after in mine and before not in mine
    ]
    if first:
        shown = "\n  ".join(dict.fromkeys(step.text for step in first[:_MOST_SHOWN]))
        raise Refused(
            f"the accounts would arrive before what is designed for their OU is there:\n  {shown}",
            mend="Carry out the design first: orgkit plan, then orgkit apply.",
        )
    return made, tuple(step.text for step in whole.steps if step.id in waiting)


def _concerns(step: Step, names: set[str]) -> bool:
    named = references.named_in([step.parameters, step.account])
    return not names.isdisjoint([*named, *step.produces, *step.reaches])


def _waiting(whole: Plan, mine: set[str]) -> set[str]:
    """Steps about these accounts and others besides that wait for the others: they are left to the next plan."""
    left: set[str] = set()
    for step in whole.steps:  # in the order of execution
        if step.id not in mine or step.kind in _ESSENTIAL:
            continue
        before = set(whole.graph.predecessors(step.id))
        if (before - mine) | (before & left):
            left.add(step.id)
    return left


def _unfinished(book: Path, approve: str | None) -> Past | None:
    """The run that a journal has of the plan that is approved, if it did not come to its end."""
    if not book.is_file():
        return None
    with closing(Journal(book)) as journal:
        past = journal.last()
    return past if past is not None and not past.finished and past.plan.digest == approve else None


def _errors(book: Path) -> dict[str, str]:
    """Why steps of the latest run failed, by step."""
    with closing(Journal(book)) as journal:
        past = journal.last()
        if past is None:
            return {}
        return {entry.step: str(entry.data) for entry in journal.entries(past.run) if entry.event == STEP_FAILED}


# ---- the answer ----------------------------------------------------------------------------------


def _rows(
    prepared: Prepared, live: Organization, left: Plan, errors: dict[str, str], *, tried: bool = False
) -> tuple[Vended, ...]:
    design = prepared.design
    ids = {account.email.casefold(): account.aws_id for account in live.accounts()}
    rows = []
    for request, node in prepared.accounts:
        name = references.account(design.account(node).handle)
        steps = [step for step in left.steps if _concerns(step, {name})]
        why = "\n  ".join(errors[step.id] for step in steps if step.id in errors)
        state = VENDED if not steps else PLANNED if not tried else FAILED if why else LEFT
        place = design.path(design.parent(node) or design.root.id)
        rows.append(Vended(request.name, request.email, place, state, ids.get(request.email.casefold()), why or None))
    return tuple(rows)


def _guardrails(prepared: Prepared) -> tuple[Guardrails, ...]:
    """What awaits the accounts, once for each OU."""
    design, catalogue = prepared.design, load_catalogue()
    first = {design.parent(node) or design.root.id: node for _, node in reversed(prepared.accounts)}
    found = []
    for ou, node in sorted(first.items(), key=lambda item: design.path(item[0])):
        (cell,) = permissions(design, under=node).cells.values()
        found.append(
            Guardrails(
                ou=design.path(ou),
                levels=tuple((design.path(level), _names(design.attached(level))) for level in design.chain(ou)),
                blocked=cell.blocked.bit_count(),
                depends=cell.depends.bit_count(),
                actions=len(catalogue),
            )
        )
    return tuple(found)


def _names(policies: Sequence[Policy]) -> tuple[str, ...]:
    return tuple(policy.name for policy in policies if policy.type in (SCP, RCP) and not policy.aws_managed)


# ---- the design ----------------------------------------------------------------------------------


def _record(design: Organization, file: Path | None, prepared: Prepared, rows: Sequence[Vended], pin_ids: bool) -> str:
    """Put the accounts that exist into the design, and save it where it is a file; returns how the file changed."""
    before = design.revision
    for (request, _), row in zip(prepared.accounts, rows, strict=True):
        if row.account_id is not None:
            _write_down(design, request, row.account_id if pin_ids else None)
    if file is None or design.revision == before:
        return ""
    from orgkit.design import save

    return save(design, file)


def _write_down(design: Organization, request: AccountRequest, account_id: str | None) -> None:
    node = add_account(design, design, request)
    if account_id is not None and design.account(node).aws_id != account_id:
        design.set(node, aws_id=account_id)
