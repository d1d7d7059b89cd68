"""The command line: every verb, its exit code, and what it says when the question was wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import orgkit
from orgkit import cli, starter
from orgkit.errors import Interrupted

VERBS = [
    "new",
    "check",
    "decide",
    "permissions",
    "compare",
    "rollup",
    "draw",
    "read",
    "plan",
    "apply",
    "drift",
    "vend",
    "sandbox",
    "run",
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no AWS credentials in reach."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def test_every_verb_is_listed_and_shows_an_example(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = re.findall(r"^    (\w+)", capsys.readouterr().out, re.M)
    assert listed == VERBS
    for verb in VERBS:
        with pytest.raises(SystemExit) as stop:
            cli.main([verb, "--help"])
        assert stop.value.code == 0
        assert f"example: orgkit {verb} " in capsys.readouterr().out


def test_the_sandbox_tells_its_gaps(capsys):
    assert cli.main(["sandbox", "--gaps"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].partition(": ")[2].startswith("missing; ")
    assert any(line.startswith("sts:AssumeRole: trust policies are kept") for line in told)


def test_the_way_through(home: Path, capsys):
    assert cli.main(["new", "mine"]) == 0
    assert cli.main(["check", "mine/org.yaml"]) == 1  # the starter's policies keep their mistakes
    assert cli.main(["decide", "mine/org.yaml", "app-a-prod", "cloudtrail:StopLogging"]) == 1
    assert cli.main(["decide", "mine/org.yaml", "app-a-prod", "s3:ListAllMyBuckets"]) == 0
    assert cli.main(["rollup", "mine/org.yaml", "--by", "tag:Team"]) == 0
    assert cli.main(["draw", "mine/org.yaml", "-o", "org.svg"]) == 0
    assert Path("org.svg").read_text("utf-8").startswith(("<?xml", "<svg"))
    capsys.readouterr()

    assert cli.main(["plan", "mine/org.yaml", "--target", "sandbox:state.jsonl"]) == 1
    assert "refused, so that nothing can be applied" in capsys.readouterr().out
    orgkit.save(starter.mended(orgkit.load("mine/org.yaml")), "mine/org.yaml")
    assert cli.main(["plan", "mine/org.yaml", "--target", "sandbox:state.jsonl", "-o", "plan.json", "--json"]) == 0
    digest = json.loads(capsys.readouterr().out)["digest"]
    apply = ["apply", "plan.json", "--target", "sandbox:state.jsonl"]
    assert cli.main(apply) == 2
    assert cli.main([*apply, "--approve", "not-it"]) == 2
    assert cli.main([*apply, "--approve", digest]) == 0
    capsys.readouterr()

    assert cli.main(["plan", "mine/org.yaml", "--target", "sandbox:state.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == []
    assert cli.main(["read", "--target", "sandbox:state.jsonl", "-o", "live/org.yaml"]) == 0
    live = orgkit.load("live/org.yaml")
    assert len(live.accounts()) == 11 and live.settings.logging is not None and live.settings.baselines
    assert "not in it:\n  baselines: how many accounts at a time" in capsys.readouterr().out
    assert cli.main(["read", "--target", "sandbox:state.jsonl", "--tree-only", "-o", "tree/org.yaml"]) == 0
    assert orgkit.load("tree/org.yaml").settings.logging is None
    assert "# - roles, logging, baselines and security services, which were not looked for" in (
        Path("tree/org.yaml").read_text("utf-8")
    )


SMALL = """\
orgkit: 1
organization:
  management: {email: aws@company.com, tags: {Team: platform}}
  policy_types: [SERVICE_CONTROL_POLICY]
root:
  ous:
    Sandbox:
      accounts: {}
cost:
  required_tags: [Team]
"""


def test_accounts_are_vended_from_a_list_and_one_by_one(home: Path, capsys):
    Path("org.yaml").write_text(SMALL)
    at = ["org.yaml", "--target", "sandbox:state.jsonl"]
    assert cli.main(["plan", *at, "-o", "plan.json"]) == 0
    digest = json.loads(Path("plan.json").read_text("utf-8"))["digest"]
    assert cli.main(["apply", "plan.json", "--target", "sandbox:state.jsonl", "--approve", digest]) == 0

    Path("new.csv").write_text("name,email,ou,tag:Team\nc-dev,c@company.com,Sandbox,c\n")
    vend = ["vend", *at, "--list", "new.csv"]
    capsys.readouterr()
    assert cli.main([*vend, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["counts"] == {"planned": 1} and not shown["recorded"]
    assert cli.main([*vend, "--approve", "not-it"]) == 2
    assert cli.main([*vend, "--approve", shown["digest"]]) == 0
    assert orgkit.load("org.yaml").path("account:c-dev") == "Sandbox/c-dev"

    one = ["--name", "c-two", "--email", "nobody", "--ou", "Sandbox"]
    capsys.readouterr()
    assert cli.main(["vend", *at, *one]) == 2
    assert "required tag" in capsys.readouterr().err
    assert cli.main(["vend", *at]) == 2


def test_drift_is_told_adopted_and_reverted(home: Path, capsys):
    Path("org.yaml").write_text(SMALL)
    at = ["--target", "sandbox:state.jsonl"]
    assert cli.main(["plan", "org.yaml", *at, "-o", "plan.json"]) == 0
    digest = json.loads(Path("plan.json").read_text("utf-8"))["digest"]
    assert cli.main(["apply", "plan.json", *at, "--approve", digest]) == 0
    assert cli.main(["apply", "--resume", *at]) == 0  # nothing is left to do
    drift = ["drift", "org.yaml", *at]
    assert cli.main(drift) == 0

    with orgkit.connect("sandbox:state.jsonl") as target:
        client = target.client("organizations")
        root = client.list_roots()["Roots"][0]["Id"]
        client.create_organizational_unit(ParentId=root, Name="By hand")
        client.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    capsys.readouterr()
    assert cli.main([*drift, "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["differences"]
    assert (one["side"], one["text"]) == ("live", "OU By hand is new")
    assert cli.main([*drift, "--adopt", "seven"]) == 2
    assert cli.main([*drift, "--adopt", "7"]) == 2
    assert cli.main([*drift, "--revert", "1", "-o", "back.json"]) == 0
    assert [step["kind"] for step in json.loads(Path("back.json").read_text("utf-8"))["steps"]] == ["delete_ou"]
    assert cli.main([*drift, "--adopt", "all"]) == 0
    assert "By hand:" in Path("org.yaml").read_text("utf-8")
    assert cli.main(drift) == 0
    assert cli.main([*drift, "--journal", "nowhere"]) == 2


@pytest.mark.parametrize(
    "verb", [["check"], ["decide", "app-a-prod", "s3:GetObject"], ["permissions"], ["rollup"]], ids=lambda verb: verb[0]
)
def test_answers_are_there_as_json(home: Path, capsys, verb):
    cli.main([verb[0], "starter", *verb[1:], "--json"])
    assert json.loads(capsys.readouterr().out)


BAD = {
    "a file that is not there": (["check", "nothing.yaml"], "nothing.yaml"),
    "broken yaml": (["check", "broken.yaml"], "broken.yaml:3:1"),
    "an unknown account, with the nearest": (["decide", "starter", "app-a-pord", "s3:GetObject"], '"app-a-prod"'),
    "an unknown action, with the nearest": (["decide", "starter", "app-a-prod", "s3:GetObjekt"], "s3:GetObject"),
    "a context without a value": (["decide", "starter", "app-a-prod", "s3:GetObject", "--context", "a"], "NAME=VALUE"),
    "an unknown lens": (["permissions", "starter", "--lens", "pipelin"], '"pipeline"'),
    "an unknown rollup": (["rollup", "starter", "--by", "oo"], "ou"),
    "an unknown view": (["draw", "starter", "--view", "structur"], '"structure"'),
    "an unknown picture format": (["draw", "starter", "-o", "org.bmp"], ".svg"),
    "an unknown target": (["read", "--target", "sandbix"], "sandbox"),
    "an endpoint that is not this machine": (["read", "--target", "endpoint:http://192.0.2.1:5000"], "loopback"),
    "an endpoint nobody listens on": (["read", "--target", "endpoint:http://127.0.0.1:9"], "127.0.0.1:9"),
    "no credentials": (["read", "--target", "aws"], "credentials"),
    "a plan that is not there": (["apply", "nothing.json"], "nothing.json"),
    "a plan that is not a plan": (["apply", "broken.yaml"], "broken.yaml"),
    "a notebook that is not there": (["run", "nothing.ipynb"], "nothing.ipynb"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_message_and_exit_code_2(home: Path, capsys, case):
    arguments, expected = BAD[case]
    Path("broken.yaml").write_text("orgkit: 1\nroot: [\n")
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("orgkit: ") and expected in said and "Traceback" not in said
    assert Path("broken.yaml").read_text() == "orgkit: 1\nroot: [\n"


def test_an_unknown_notebook_parameter_is_refused(home: Path, capsys):
    notebook = next(path for path in orgkit.new("mine") if path.name == "5-provision.ipynb")
    assert cli.main(["run", str(notebook), "-p", "aprove=x"]) == 2
    assert "approve" in capsys.readouterr().err


def test_an_interruption_exits_130(home: Path, capsys, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise Interrupted("stopped after step 3 of 9", mend="Go on with: orgkit apply --resume")

    monkeypatch.setattr(orgkit, "load", interrupted)
    assert cli.main(["check"]) == 130
    assert "--resume" in capsys.readouterr().err


def test_reading_overwrites_nothing(home: Path, capsys):
    Path("org.yaml").write_text("mine")
    assert cli.main(["read", "-o", "org.yaml"]) == 2
    assert Path("org.yaml").read_text() == "mine"


def test_the_sandbox_is_served_until_it_is_stopped(home: Path):
    command = [sys.executable, "-m", "orgkit.cli", "sandbox", "--state", "state.jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"--target (endpoint:http://127\.0\.0\.1:\d+)", line)
        assert address, line
        assert cli.main(["read", "--target", address[1]]) == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
