"""From a document as people write it to a PolicyDocument, or to a list of what is wrong with it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orgkit.errors import PolicyError, did_you_mean
from orgkit.policy import values as data
from orgkit.policy.conditions import OPERATORS
from orgkit.policy.language import Condition, PolicyDocument, Statement
from orgkit.policy.positions import Path, read_json, walk, written
from orgkit.policy.variables import read_template

SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
TYPES = (SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, "IDENTITY", "RESOURCE")
VERSIONS = ("2012-10-17", "2008-10-17")

_TOP = ("Version", "Id", "Statement")
_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", re.IGNORECASE)
_BY_LOWER = {name.lower(): name for name in OPERATORS}
_ACTION = re.compile(r"\*|[\w*?.-]+:[\w*?.-]+", re.ASCII)
_BAD_VARIABLE = re.compile(r"\$\{[^}]*$|\$\{\s*\}")
_LONG_DOCUMENT = 1_000_000


@dataclass(frozen=True)
class PolicyProblem:
    """One thing that is wrong with a document: where (JSON path, line where text was given), the rule, the mend.

    `severity` is "error" for what AWS refuses and "warning" for what it takes although it cannot do what it says.
    """

    severity: Literal["error", "warning"]
    rule: str
    message: str
    path: str
    line: int | None = None
    mend: str | None = None

    @property
    def where(self) -> str:
        """The path, with the line where it is known."""
        return f"{self.path} (line {self.line})" if self.line else self.path

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.rule}]" + (f"\n  {self.mend}" if self.mend else "")

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a plain dict."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "mend": self.mend,
        }


def parse(
    document: str | Mapping[str, Any] | PolicyDocument,
    *,
    type: str = SERVICE_CONTROL_POLICY,
    name: str | None = None,
) -> PolicyDocument:
    """Return the policy that a JSON text or a plain dict says.

    `type` is one of SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, IDENTITY and RESOURCE; `name` is what reasons
    and messages call it. Raises PolicyError for the first thing that AWS would refuse.
    """
    if isinstance(document, PolicyDocument):
        return document
    reader = _Reader(type, name)
    found = reader.read(document)
    for problem in reader.located():
        if problem.severity == "error":
            raise PolicyError(
                f"{problem.message} [{problem.rule}]",
                where=f"{name}: {problem.where}" if name else problem.where,
                mend=problem.mend,
            )
    return found


def problems(document: str | Mapping[str, Any], *, type: str = SERVICE_CONTROL_POLICY) -> list[PolicyProblem]:
    """Return everything that is wrong with a document, errors and warnings, in the order of the document."""
    reader = _Reader(type, None)
    reader.read(document)
    return reader.located()


class _Reader:
    """Reads one document and collects what is wrong on the way, so that one walk serves `parse` and `problems`."""

    def __init__(self, type: str, name: str | None) -> None:
        if type not in TYPES:
            raise PolicyError(f'there is no policy type "{type}" to parse', mend=did_you_mean(type, TYPES))
        self.type = type
        self.name = name
        self.text: str | None = None
        self.found: list[tuple[Path, PolicyProblem]] = []
        self.sids: set[str] = set()

    def wrong(
        self,
        path: Path,
        rule: str,
        message: str,
        mend: str | None = None,
        *,
        warning: bool = False,
        line: int | None = None,
    ) -> None:
        problem = PolicyProblem("warning" if warning else "error", rule, message, written(path) or "$", line, mend)
        self.found.append((path, problem))

    def located(self) -> list[PolicyProblem]:
        """Add lines where the document came as text."""
        if not self.found:
            return []
        lines: dict[Path, int] = {}
        if self.text is not None and self.found[0][1].rule != "json":
            for place, at, _ in walk(self.text):
                lines.setdefault(place, at)
        out = []
        for path, problem in self.found:
            line: int | None = problem.line
            for length in range(len(path), 0, -1):
                if line is None:
                    line = lines.get(path[:length])
            out.append(PolicyProblem(problem.severity, problem.rule, problem.message, problem.path, line, problem.mend))
        return out

    def read(self, document: str | Mapping[str, Any]) -> PolicyDocument:
        nothing = PolicyDocument((), type=self.type, name=self.name)
        if isinstance(document, str):
            self.text = document = document.removeprefix("\ufeff")
            if len(document) > _LONG_DOCUMENT:
                self.wrong((), "json", f"the document has {len(document)} characters, which no policy may have")
                return nothing
            try:
                top, twice = read_json(document)
            except RecursionError:
                self.wrong((), "json", "the document is nested too deeply to be a policy")
                return nothing
            except ValueError as error:
                at = getattr(error, "lineno", None)
                what = getattr(error, "msg", str(error))
                column = f", column {error.colno}" if hasattr(error, "colno") else ""
                self.found.append(((), PolicyProblem("error", "json", f"this is not JSON{column}: {what}", "$", at)))
                return nothing
            for place, line, again in walk(document) if twice else ():
                if again:
                    self.wrong(
                        place, "duplicate-key", f'the key "{place[-1]}" stands twice', "merge the two", line=line
                    )
        else:
            top = document
        if not isinstance(top, Mapping):
            self.wrong((), "not-an-object", "a policy is a JSON object with a Statement")
            return nothing
        self.elements(top, _TOP, ())
        version = top.get("Version", "2008-10-17")
        if version not in VERSIONS:
            self.wrong(
                ("Version",), "version", f"{data.shown(version)} is not a version of the language", 'write "2012-10-17"'
            )
            version = VERSIONS[0]
        if "Id" in top and not isinstance(top["Id"], str):
            self.wrong(("Id",), "id", "an Id is a text")
        if "Statement" not in top:
            self.wrong((), "missing-statement", "the policy has no Statement")
            return nothing
        given = top["Statement"]
        single = isinstance(given, Mapping)
        statements = [given] if single else given
        if not isinstance(statements, (list, tuple)):
            self.wrong(("Statement",), "statement", "Statement is an object or a list of objects")
            return nothing
        if not statements:
            self.wrong(("Statement",), "empty", "the policy has no statements, so it says nothing", warning=True)
        read = []
        for index, one in enumerate(statements):
            path: Path = ("Statement",) if single else ("Statement", index)
            if isinstance(one, Mapping):
                read.append(self.statement(one, index, path, version))
            else:
                self.wrong(path, "statement", "a statement is a JSON object")
        policy_id = top.get("Id")
        return PolicyDocument(
            tuple(read), str(version), self.type, self.name, policy_id if isinstance(policy_id, str) else None
        )

    def elements(self, given: Mapping[str, Any], known: tuple[str, ...], path: Path) -> None:
        for key in given:
            if key not in known:
                name = _name(key)
                self.wrong((*path, name), "unknown-element", f'"{name}" is no element of the policy language',
                           did_you_mean(name, known))  # fmt: skip

    def statement(self, given: Mapping[str, Any], index: int, path: Path, version: str) -> Statement:
        self.elements(given, _ELEMENTS, path)
        sid = given.get("Sid")
        if sid is not None:
            if not isinstance(sid, str):
                self.wrong((*path, "Sid"), "sid", "a Sid is a text")
                sid = None
            elif sid in self.sids:
                self.wrong((*path, "Sid"), "duplicate-sid", f'the Sid "{sid}" stands twice', "give each its own")
            elif self.type == "IDENTITY" and not re.fullmatch(r"[A-Za-z0-9]*", sid):
                self.wrong((*path, "Sid"), "sid", f'the Sid "{sid}" may hold letters and digits only')
            if sid:
                self.sids.add(sid)
        effect = given.get("Effect")
        if effect not in ("Allow", "Deny"):
            where = (*path, "Effect") if "Effect" in given else path
            self.wrong(where, "effect", "Effect must be Allow or Deny" if effect is None else
                       f"Effect is {data.shown(effect)}; it must be Allow or Deny",
                       did_you_mean(effect, ("Allow", "Deny")) if isinstance(effect, str) else None)  # fmt: skip
            effect = "Deny"
        not_action, actions = self.either(given, "Action", path)
        for place, action in actions:
            self.action(action, place)
        not_resource, resources = self.either(given, "Resource", path, optional=self.type == "RESOURCE")
        for place, resource in resources:
            self.resource(resource, place)
        principals = self.principals(given, path)
        variables = version == VERSIONS[0]
        conditions = self.conditions(given.get("Condition", {}), (*path, "Condition"), variables)
        if self.type == RESOURCE_CONTROL_POLICY:
            self.resource_control(given, path, effect, [one for _, one in actions])
        return Statement(
            index=index,
            effect="Allow" if effect == "Allow" else "Deny",
            actions=tuple(one for _, one in actions),
            resources=tuple(one for _, one in resources) if resources or self.type != "RESOURCE" else ("*",),
            conditions=conditions,
            sid=sid or None,
            not_action=not_action,
            not_resource=not_resource,
            principals=principals,
            not_principal="NotPrincipal" in given,
            variables=variables,
        )

    def either(
        self, given: Mapping[str, Any], element: str, path: Path, *, optional: bool = False
    ) -> tuple[bool, list[tuple[Path, str]]]:
        """Read Action or NotAction (Resource or NotResource): exactly one of the two, a text or a list of texts."""
        negative = f"Not{element}"
        if element in given and negative in given:
            self.wrong((*path, negative), "both", f"a statement has {element} or {negative}, not both", "split it")
        if element not in given and negative not in given:
            if not optional:
                self.wrong(path, f"missing-{element.lower()}", f"the statement has neither {element} nor {negative}")
            return False, []
        name = element if element in given else negative
        value = given[name]
        where = (*path, name)
        if isinstance(value, str):
            return name == negative, [(where, value)]
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            self.wrong(where, "type", f"{name} is a text or a list of texts")
            return name == negative, []
        if not value:
            self.wrong(where, "empty", f"{name} is empty, so the statement matches "
                       f"{'everything' if name == negative else 'nothing'}", warning=True)  # fmt: skip
        return name == negative, [((*where, i), one) for i, one in enumerate(value)]

    def action(self, action: str, path: Path) -> None:
        if not _ACTION.fullmatch(action):
            mend = f'write "{action}:*"' if re.fullmatch(r"[\w-]+", action) else 'write it as "s3:GetObject"'
            self.wrong(path, "action", f'the action "{action}" is not service:Name', mend)
        elif "*" in action.partition(":")[0] and action != "*" and action.strip("*:"):
            self.wrong(path, "action-service", f'"{action}" has a wildcard in the service', "name the service",
                       warning=True)  # fmt: skip

    def resource(self, resource: str, path: Path) -> None:
        if not resource:
            self.wrong(path, "resource", "a resource is an ARN or *; this one is empty")
        elif not resource.startswith(("arn:", "*", "?", "${")):
            mend = f'write "arn:aws:s3:::{resource}"' if ":" not in resource else "an ARN begins with arn:"
            self.wrong(path, "resource", f'the resource "{resource}" is neither an ARN nor *', mend)
        if _BAD_VARIABLE.search(resource):
            self.wrong(path, "variable", f'"{resource}" holds a policy variable that does not end or is empty',
                       "close it with }", warning=True)  # fmt: skip

    def principals(self, given: Mapping[str, Any], path: Path) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
        name = "Principal" if "Principal" in given else "NotPrincipal"
        if "Principal" in given and "NotPrincipal" in given:
            self.wrong((*path, "NotPrincipal"), "both", "a statement has Principal or NotPrincipal, not both")
        if name not in given:
            if self.type == "RESOURCE":
                self.wrong(path, "missing-principal", "a resource policy says whom it speaks of", 'add "Principal"')
            return None
        where = (*path, name)
        if self.type in (SERVICE_CONTROL_POLICY, "IDENTITY"):
            kind = "a service control policy" if self.type == SERVICE_CONTROL_POLICY else "an identity policy"
            self.wrong(where, "principal", f"{kind} has no {name}",
                       "use a condition on aws:PrincipalArn")  # fmt: skip
        value = given[name]
        if isinstance(value, str):
            if value != "*":
                self.wrong(where, "principal", f'the principal "{value}" must be "*" or an object')
            return (("AWS", (value,)),)
        if not isinstance(value, Mapping):
            self.wrong(where, "principal", f'{name} is "*" or an object of AWS, Service, Federated or CanonicalUser')
            return None
        found = []
        for kind, names in value.items():
            listed = [names] if isinstance(names, str) else names
            if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
                self.wrong((*where, str(kind)), "principal", f'"{kind}" is no kind of principal',
                           did_you_mean(str(kind), ("AWS", "Service", "Federated", "CanonicalUser")))  # fmt: skip
            elif not isinstance(listed, (list, tuple)) or not all(isinstance(one, str) for one in listed):
                self.wrong((*where, kind), "type", "principals are texts")
            else:
                found.append((str(kind), tuple(listed)))
        return tuple(found)

    def resource_control(self, given: Mapping[str, Any], path: Path, effect: str, actions: list[str]) -> None:
        if effect == "Allow":
            # RCPFullAWSAccess is AWS's own; nobody else may write an Allow.
            if set(given) - {"Sid"} != {"Effect", "Principal", "Action", "Resource"} or actions != ["*"]:
                self.wrong((*path, "Effect"), "rcp-allow", "a resource control policy can only Deny",
                           "RCPFullAWSAccess, which AWS attaches, does the allowing")  # fmt: skip
            return
        if given.get("Principal") not in ("*", {"AWS": "*"}):
            where = (*path, "Principal") if "Principal" in given else path
            self.wrong(where, "rcp-principal", 'a resource control policy must have "Principal": "*"',
                       "use conditions to spare a principal")  # fmt: skip
        if "NotPrincipal" in given:
            self.wrong((*path, "NotPrincipal"), "rcp-principal", "a resource control policy has no NotPrincipal")
        if "NotAction" in given:
            self.wrong((*path, "NotAction"), "rcp-notaction", "a resource control policy has no NotAction",
                       "list the actions, such as s3:*")  # fmt: skip
        for action in actions:
            if action == "*":
                self.wrong((*path, "Action"), "rcp-action", 'a resource control policy cannot have the action "*"',
                           "name the services, such as s3:*")  # fmt: skip

    def conditions(self, given: object, path: Path, variables: bool) -> tuple[Condition, ...]:
        if not isinstance(given, Mapping):
            self.wrong(path, "condition", "Condition is an object of operators")
            return ()
        found = []
        for element, keys in given.items():
            written_operator = _name(element)
            where = (*path, written_operator)
            read = _OPERATOR.fullmatch(written_operator)
            name = _BY_LOWER.get(read[2].lower()) if read else None
            if read is None or name is None:
                bare = read[2] if read else written_operator
                self.wrong(where, "operator", f'"{written_operator}" is no condition operator',
                           did_you_mean(bare, OPERATORS))  # fmt: skip
                continue
            if name == "Null" and read[3]:
                self.wrong(where, "null-if-exists", "Null already asks whether the key exists", "drop IfExists")
                continue
            if not isinstance(keys, Mapping):
                self.wrong(where, "condition", f"{written_operator} is an object of context keys and values")
                continue
            qualifier = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}.get((read[1] or "").lower())
            for given_key, values in keys.items():
                key = _name(given_key)
                texts = self.condition_values(values, (*where, key), name, variables)
                if not key.strip():
                    self.wrong(where, "condition-key", "a context key is empty")
                elif texts is not None:
                    found.append(Condition(name, key, texts, bool(read[3]), qualifier, variables))
        return tuple(found)

    def condition_values(self, given: object, path: Path, operator: str, variables: bool) -> tuple[str, ...] | None:
        listed = given if isinstance(given, (list, tuple)) else [given]
        texts = tuple(text for text in map(data.as_text, listed) if text is not None)
        if len(texts) < len(listed):
            self.wrong(
                path, "condition-value", "a condition's value is a text, a number, true, false, or a list of these"
            )
            return None
        if not listed:
            self.wrong(path, "empty", "the list of values is empty, so none of them ever matches", warning=True)
        variables = variables and OPERATORS[operator].variables
        for text in texts:
            if isinstance(read_template(text, variables=variables), str) and not _fits(operator, text):
                kind = OPERATORS[operator].accepts
                error = operator == "Null"
                self.wrong(path, "condition-value", f'"{text}" is no value for {operator}, so it never matches',
                           _FORMS.get(kind), warning=not error)  # fmt: skip
            if variables and _BAD_VARIABLE.search(text):
                self.wrong(path, "variable", f'"{text}" holds a policy variable that does not end or is empty',
                           "close it with }", warning=True)  # fmt: skip
        return texts


_FORMS = {
    "Numeric": "write a number",
    "Date": 'write "2026-01-31T00:00:00Z" or seconds since 1970',
    "Bool": "write true or false",
    "Null": "write true or false",
    "IpAddress": 'write "203.0.113.0/24" or "2001:db8::/32"',
    "Arn": "an ARN has six parts, arn:partition:service:region:account:resource; wildcards stay inside a part",
}


def _fits(operator: str, text: str) -> bool:
    kind = OPERATORS[operator].accepts
    if kind == "Numeric":
        return data.read_number(text) is not None
    if kind == "Date":
        return data.read_date(text) is not None
    if kind == "IpAddress":
        return data.read_network(text) is not None
    if kind in ("Bool", "Null"):
        return text.lower() in ("true", "false")
    if kind == "Arn":
        return text.count(":") >= 5 or not text.strip("*")
    return True


def _name(key: object) -> str:
    # A dict made in Python may have keys that JSON has not.
    return key if isinstance(key, str) else data.shown(key)
