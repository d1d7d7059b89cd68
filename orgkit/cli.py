"""The command line: one command a verb, a thin wrapper over the face of the package."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orgkit
from orgkit.errors import InputError, OrgkitError, UnknownName

DONE, NO = 0, 1
JOURNAL = "apply.journal"

_EXIT_CODES = "exit codes: 0 done, 1 the answer is no, 2 the question was wrong, 3 done in part, 130 interrupted"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; every error of orgkit becomes one message and its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.command(parsed))
    except OrgkitError as error:
        print(f"orgkit: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("orgkit: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has seen enough, as in `orgkit permissions | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


# ---- the commands: each asks the face and shows the answer ---------------------------------------


def _new(args: argparse.Namespace) -> int:
    written = orgkit.new(args.folder, mended=args.mended)
    mistakes = "" if args.mended else "\nIts policies keep mistakes for orgkit check to find; --mended: without."
    begin = "begin with notebooks/1-design.ipynb or org.yaml"
    _show(args, f"wrote {len(written)} files in {args.folder}; {begin}{mistakes}", written)
    return DONE


def _check(args: argparse.Namespace) -> int:
    problems = orgkit.check(orgkit.load(args.design))
    _show(args, problems, problems)
    return NO if problems.at_least(args.severity) else DONE


def _decide(args: argparse.Namespace) -> int:
    org = orgkit.load(args.design)
    decision = orgkit.decide(
        org,
        args.account,
        args.action,
        resource=args.resource,
        principal=args.principal,
        context=dict(_pair(text, "--context") for text in args.context),
        lens=args.lens,
        second_opinion=args.second_opinion,
    )
    _show(args, decision, decision)
    return DONE if decision.outcome == "allowed" else NO


def _permissions(args: argparse.Namespace) -> int:
    org = orgkit.load(args.design)
    answer = orgkit.permissions(org, lens=args.lens)
    if args.who:
        found = answer.who(args.who)
        _show(args, found, found)
    elif args.account:
        account = answer.account(args.account)
        _show(args, account, account)
    else:
        _show(args, answer, answer)
    return DONE


def _compare(args: argparse.Namespace) -> int:
    comparison = orgkit.compare(orgkit.load(args.before), orgkit.load(args.after), lens=args.lens)
    _show(args, comparison.to_markdown() if args.markdown else comparison, comparison)
    return DONE


def _rollup(args: argparse.Namespace) -> int:
    rollup = orgkit.rollup(orgkit.load(args.design), by=args.by)
    _show(args, rollup, rollup)
    return DONE


def _draw(args: argparse.Namespace) -> int:
    diagram = orgkit.draw(orgkit.load(args.design), view=args.view)
    if args.output is None:
        print(diagram)
        return DONE
    diagram.save(args.output)
    print(args.output)
    return DONE


def _read(args: argparse.Namespace) -> int:
    if args.output is not None and Path(args.output).exists():
        raise InputError("is there already, and nothing is overwritten", where=args.output, mend="Name a new file.")
    with orgkit.connect(args.target) as target, _progress("reading") as progress:
        live = orgkit.read(target, progress=progress, whole=args.output is not None and not args.tree_only)
    if args.output is None:
        print(orgkit.draw(live))
        return DONE
    if args.tree_only:
        live.remarks = (*live.remarks, "roles, logging, baselines and security services, which were not looked for")
    orgkit.save(live, args.output)
    print(f"{args.output}: {live!r}")
    if live.remarks:
        print("not in it:", *live.remarks, sep="\n  ")
    if live.unknown:
        print(f"not readable: {', '.join(live.unknown)}")
    return DONE


def _plan(args: argparse.Namespace) -> int:
    design = orgkit.load(args.design)
    with orgkit.connect(args.target) as target, _progress("reading") as progress:
        live = orgkit.read(target, design=design, progress=progress)
    plan = orgkit.plan(design, live, remove=args.remove, principal=args.principal, lock_out=args.lock_out)
    if args.output is not None:
        plan.save(args.output)
    _show(args, plan, plan)
    if plan.blocked:
        return NO
    if args.output is not None and plan.steps and not args.json:
        print(f"\nTo apply it: orgkit apply {args.output} --target {args.target} --approve {plan.digest}")
    return DONE


def _apply(args: argparse.Namespace) -> int:
    from orgkit.provision import Plan

    # The journal has the plan of its run; one that is named must be the same.
    plan = None if args.resume and args.plan is None else Plan.load(args.plan or "plan.json")
    with orgkit.connect(args.target) as target, _progress("applying") as progress:
        applied = orgkit.apply(
            plan, target, approve=args.approve, journal=args.journal, resume=args.resume, progress=progress
        )
    _show(args, applied, applied)
    return DONE


def _drift(args: argparse.Namespace) -> int:
    journal = args.journal or (JOURNAL if Path(JOURNAL).is_file() else None)
    design = orgkit.load(args.design)
    with orgkit.connect(args.target) as target, _progress("reading") as progress:
        found = orgkit.drift(design, target, journal=journal, progress=progress)
    if args.revert is not None:
        plan = found.revert(*_numbers(args.revert))
        plan.save(args.output)
        _show(args, f"{plan}\n\nTo revert: orgkit apply {args.output} --approve {plan.digest}", plan)
        return DONE
    if args.adopt is not None:
        adopted = found.adopt(*_numbers(args.adopt))
        orgkit.save(adopted, args.design)
        _show(args, "\n".join(map(str, adopted.history)), [str(edit) for edit in adopted.history])
        return DONE
    _show(args, found, found)
    return NO if found else DONE


def _numbers(text: str) -> list[int]:
    try:
        return [] if text == "all" else [int(number) for number in text.split(",")]
    except ValueError:
        raise InputError(f"{text!r} names no differences", mend="Give their numbers, as in 1,3, or all.") from None


def _vend(args: argparse.Namespace) -> int:
    if (args.list is None) == (args.name is None):
        raise InputError(
            "say which accounts", mend="Name a list with --list FILE, or one account with --name and others."
        )
    one = {
        name: getattr(args, name) for name in ("name", "email", "ou", "owner", "budget", "monthly_cost", "description")
    }
    one |= {"tags": dict(_pair(text, "--tag") for text in args.tag), "baselines": args.baseline}
    options = {"journal": args.journal, "pin_ids": args.pin_ids}
    with orgkit.connect(args.target) as target, _progress("vending") as progress:

        def vend(approve: str | None) -> Any:
            wanted = args.list or {name: value for name, value in one.items() if value}
            return orgkit.vend(args.design, wanted, target, approve=approve, progress=progress, **options)

        vending = vend(args.approve)
        if args.approve is None and vending.plan.steps and not args.json and sys.stdin.isatty():
            print(vending)
            if input(f"Vend {len(vending.accounts)} accounts? Type yes: ").strip() == "yes":
                vending = vend(vending.digest)
    _show(args, vending, vending)
    if not vending.recorded and not args.json:
        print(f"\nNothing was done. To vend them, say the same and --approve {vending.digest}")
    vending.require_complete()
    return DONE


def _sandbox(args: argparse.Namespace) -> int:
    if args.gaps:
        from orgkit.cloud import gaps

        for gap in sorted(gaps(), key=lambda gap: gap.supported):
            print(f"{gap.name}: {'' if gap.supported else 'missing; '}{gap.note}")
        return DONE

    from orgkit.cloud.server import serve

    with serve(port=args.port, state=args.state) as server:
        print(
            f"The embedded AWS listens on {server.url} until Ctrl-C; use it as --target endpoint:{server.url}",
            flush=True,
        )
        with suppress(KeyboardInterrupt):  # the way to end it, and no failure
            server.wait()
    return DONE


def _run(args: argparse.Namespace) -> int:
    from orgkit.notebook import write_index
    from orgkit.notebook.parameters import declared, from_text

    notebooks = [Path(name) for name in args.notebook]
    given = [_pair(text, "--parameter") for text in args.parameter]
    takes = {notebook: declared(notebook) for notebook in notebooks if notebook.is_file()}
    for name, _ in given:
        if takes and not any(name in known for known in takes.values()):
            listed = sorted({parameter for known in takes.values() for parameter in known})
            raise UnknownName(f"no notebook takes a parameter {name!r}", mend=f"Known: {', '.join(listed)}.")
    runs = []
    for notebook in notebooks:
        mine = {n: from_text(notebook, n, text) for n, text in given if n in takes.get(notebook, {})}
        if notebook in takes:
            print(f"running {notebook}", file=sys.stderr, flush=True)
        runs.append(orgkit.run(notebook, mine, args.output, progress=sys.stderr.isatty()))
    index = write_index(runs, Path(args.output))
    _show(args, "\n".join([*map(str, runs), f"all of it: {index}"]), runs)
    return DONE


# ---- the words -----------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orgkit",
        description="Design a multi-account AWS organization, see what it means, and carry it out.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"orgkit {orgkit.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], words: str, example: str, *, answers: bool = True
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            epilog=f"example: {example}\n\n{_EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(command=run)
        if answers:
            one.add_argument("--json", action="store_true", help="answer as JSON, for programs")
        return one

    def design(one: argparse.ArgumentParser) -> None:
        one.add_argument(
            "design", nargs="?", default="org.yaml", help='the design (org.yaml; "starter" ships with orgkit)'
        )

    def lens(one: argparse.ArgumentParser) -> None:
        one.add_argument("--lens", help="a scenario of the design to ask through")

    def target(one: argparse.ArgumentParser) -> None:
        one.add_argument(
            "--target", default="sandbox", help="sandbox (the default), sandbox:FILE, endpoint:URL, aws or aws:PROFILE"
        )

    one = command("new", _new, "write the starter organization and the notebooks", "orgkit new my-organization")
    one.add_argument("folder", help="where to; nothing in it is overwritten")
    one.add_argument("--mended", action="store_true", help="its policies without the mistakes that a plan would refuse")

    one = command("check", _check, "say what is wrong with a design", "orgkit check org.yaml --severity warning")
    design(one)
    one.add_argument(
        "--severity", choices=("error", "warning", "note"), default="error", help="from where on the answer is no"
    )

    one = command(
        "decide",
        _decide,
        "say whether the guardrails stop a request, and why; 0 only if nothing can block it",
        "orgkit decide org.yaml app-a-prod ec2:RunInstances --context ec2:MetadataHttpTokens=required",
    )
    one.add_argument("design", help='the design (org.yaml; "starter" ships with orgkit)')
    one.add_argument("account", help="handle, path, name, email or id")
    one.add_argument("action", help="as in s3:DeleteBucket")
    one.add_argument("--resource", help="the ARN it acts on")
    one.add_argument("--principal", help="the ARN that asks (an ordinary role of the account)")
    one.add_argument("--context", action="append", default=[], metavar="KEY=VALUE", help="a context key; repeatable")
    one.add_argument("--second-opinion", metavar="TARGET", help="ask AWS's policy simulator too (aws, aws:PROFILE)")
    lens(one)

    one = command(
        "permissions",
        _permissions,
        "say what every account may still do, over the whole catalogue of actions",
        "orgkit permissions org.yaml --who s3:DeleteBucket",
    )
    design(one)
    lens(one)
    one.add_argument("--account", help="one account in full")
    one.add_argument("--who", metavar="ACTION", help="which accounts may still do this")

    one = command(
        "compare",
        _compare,
        "say which accounts gain or lose which actions between two designs",
        "orgkit compare before.yaml after.yaml --markdown",
    )
    one.add_argument("before")
    one.add_argument("after")
    one.add_argument("--markdown", action="store_true", help="as a comment for a pull request")
    lens(one)

    one = command("rollup", _rollup, "add up planned cost", "orgkit rollup org.yaml --by tag:Team")
    design(one)
    one.add_argument("--by", default="ou", help="ou (the default), account, owner or tag:KEY")

    one = command("draw", _draw, "draw an organization", "orgkit draw org.yaml -o org.svg", answers=False)
    design(one)
    one.add_argument("--view", default="structure", help="structure (the default), guardrails, access, cost")
    one.add_argument(
        "-o", "--output", help="a .svg, .png, .mmd, .drawio or .dot file; without it an outline is printed"
    )

    one = command(
        "read", _read, "read a live organization", "orgkit read --target aws:audit -o live/org.yaml", answers=False
    )
    target(one)
    needs = "what the caller needs: orgkit/cloud/read-only-policy.json; what it may not read is said"
    one.epilog = f"{needs}\n\n{one.epilog}"
    one.add_argument("-o", "--output", help="write it as this new org.yaml; without it an outline is printed")
    one.add_argument(
        "--tree-only",
        action="store_true",
        help="enter no member account: roles, logging, baselines and security services are left out",
    )

    one = command(
        "plan",
        _plan,
        "list the steps from the live organization to a design; nothing is written",
        "orgkit plan org.yaml --target sandbox:state.jsonl -o plan.json",
    )
    design(one)
    target(one)
    one.add_argument("-o", "--output", help="save the plan, to be reviewed and applied")
    one.add_argument(
        "--remove", action="append", default=[], metavar="NAME", help="may be deleted or removed; repeatable"
    )
    one.add_argument("--principal", metavar="ARN", help="who will make the calls (whoever reads now)")
    one.add_argument(
        "--lock-out", action="append", default=[], metavar="ARN", help="a protected principal that may be locked out"
    )

    one = command(
        "apply",
        _apply,
        "carry out a plan that was reviewed",
        "orgkit apply plan.json --target sandbox:state.jsonl --approve DIGEST",
    )
    one.add_argument("plan", nargs="?", help="the plan (plan.json; with --resume that of the journal)")
    target(one)
    one.add_argument("--approve", metavar="DIGEST", help="the digest of the plan that was reviewed")
    one.add_argument("--journal", default=JOURNAL, help=f"where every call is written down ({JOURNAL})")
    one.add_argument("--resume", action="store_true", help="go on after an interruption or a failure")

    one = command(
        "drift",
        _drift,
        "say how the live organization differs from the design, and which side changed",
        "orgkit drift org.yaml --target aws:audit --journal apply.journal",
    )
    design(one)
    target(one)
    one.add_argument("--journal", help=f"of the last apply ({JOURNAL}, where there is one)")
    choice = one.add_mutually_exclusive_group()
    choice.add_argument("--adopt", metavar="NUMBERS", help="take these (1,3 or all) into the design file")
    choice.add_argument("--revert", metavar="NUMBERS", help="save a plan that reverts these (1,3 or all)")
    one.add_argument("-o", "--output", default="plan.json", help="where --revert saves the plan (plan.json)")

    one = command(
        "vend",
        _vend,
        "make accounts: checked, planned, approved, created in their OU and recorded in the design",
        "orgkit vend org.yaml --list accounts.csv --target sandbox:state.jsonl --approve DIGEST",
    )
    design(one)
    one.add_argument("--list", metavar="FILE", help="a .csv or .yaml file with an account a line")
    one.add_argument("--name", help="one account: its name")
    one.add_argument("--email", help="an address that no AWS account has")
    one.add_argument("--ou", help="where it goes: a path or handle")
    one.add_argument("--owner", help="the team that answers for it")
    one.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    one.add_argument("--budget", help='what it may cost a month, as in "900 USD"')
    one.add_argument("--monthly-cost", help="what it is planned to cost a month")
    one.add_argument("--description", help="what it is for")
    one.add_argument(
        "--baseline", action="append", default=[], metavar="NAME", help="besides those of its OU; repeatable"
    )
    target(one)
    one.add_argument(
        "--approve", metavar="DIGEST", help="the digest of the plan that was reviewed; without it, nothing is done"
    )
    one.add_argument("--journal", default="vend.journal", help="where every call is written down (vend.journal)")
    one.add_argument("--pin-ids", action="store_true", help="write the account ids into the design")

    one = command(
        "sandbox",
        _sandbox,
        "serve the embedded AWS on this machine",
        "orgkit sandbox --port 5000 --state state.jsonl",
        answers=False,
    )
    one.add_argument("--port", type=int, default=0, help="a free one by default")
    one.add_argument("--state", help="keep the state in this file")
    one.add_argument("--gaps", action="store_true", help="only tell what it does otherwise than AWS, or not at all")

    one = command(
        "run",
        _run,
        "run notebooks without a person",
        "orgkit run notebooks/4-review.ipynb -o out -p design=org.yaml",
    )
    one.add_argument("notebook", nargs="+")
    one.add_argument("-o", "--output", default="out", help="where results go (out)")
    one.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    return parser


def _show(args: argparse.Namespace, text: object, answer: Any) -> None:
    if args.json:
        print(json.dumps(_plain(answer), indent=2, ensure_ascii=False))
    else:
        print(text)


def _plain(answer: Any) -> Any:
    if hasattr(answer, "to_json"):
        return answer.to_json()
    if isinstance(answer, Path):
        return str(answer)
    if isinstance(answer, list | tuple):
        return [_plain(one) for one in answer]
    return answer


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{option} {text!r} has no value", mend=f"Write {option} NAME=VALUE.")
    return name, value


def _progress(label: str) -> Any:
    from orgkit.notebook.progress import Progress

    return Progress(label, stream=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
