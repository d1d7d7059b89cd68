"""What accounts somebody asks for: one or many, from Python, a CSV or a YAML file, each mistake with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from orgkit.design import Money, Problem
from orgkit.design.file.text_files import read_text
from orgkit.design.file.yaml_nodes import LIST, MAP, SCALAR, Node, parse
from orgkit.design.organization import Mark
from orgkit.errors import DesignError, FileError, InputError, did_you_mean

# What a request may say; a CSV file has these as columns, and `tag:KEY` for each tag.
KEYS: Final = (
    "name",
    "email",
    "ou",
    "owner",
    "tags",
    "budget",
    "monthly_cost",
    "baselines",
    "description",
    "role_name",
)
REQUIRED: Final = ("name", "email", "ou")
_AMOUNTS: Final = ("budget", "monthly_cost")
_TAG: Final = "tag:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """One account that somebody asks for; `name` is its handle in `org.yaml` and its name in AWS.

    `ou` is a path, handle or id. `budget` and `monthly_cost` (what it is planned to cost) are amounts a month.
    `baselines` names stack sets of the design that the account is to get besides those of its OU. `where` is the place
    where the request was written.
    """

    name: str
    email: str
    ou: str
    owner: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    budget: Money | None = None
    monthly_cost: Money | None = None
    baselines: tuple[str, ...] = ()
    description: str | None = None
    role_name: str | None = None
    where: str = "request"

    def fields(self) -> dict[str, Any]:
        """What is put into the design besides handle, email and place; only what was said."""
        values = {name: getattr(self, name) for name in ("owner", "budget", "monthly_cost", "description", "role_name")}
        if self.tags:
            values["tags"] = dict(self.tags)
        return {name: value for name, value in values.items() if value is not None}


Requests = str | PathLike[str] | Mapping[str, Any] | AccountRequest | Iterable[Mapping[str, Any] | AccountRequest]


def read_requests(asked: Requests) -> tuple[list[AccountRequest], list[Problem]]:
    """The requests, and what is wrong with those that cannot be read as one.

    `asked` is a `.csv`, `.yaml` or `.yml` file, one request, or several; a request in Python is a map with the keys of
    a row. Errors: FileError for a file that cannot be read at all, InputError where nothing is asked for.
    """
    requests: list[AccountRequest] = []
    problems: list[Problem] = []
    for given in _given(asked, problems):
        if isinstance(given, AccountRequest):
            requests.append(given)
        else:
            values, where = given
            made = _request(values, where, problems)
            if made is not None:
                requests.append(made)
    if not requests and not problems:
        raise InputError("no account is asked for", mend="Name at least one: name, email and ou.")
    return requests, problems


_Row = tuple[Mapping[str, Any], str]


def _given(asked: Requests, problems: list[Problem]) -> Iterator[_Row | AccountRequest]:
    if isinstance(asked, AccountRequest):
        yield asked
    elif isinstance(asked, str | PathLike):
        path = Path(asked)
        if path.suffix.lower() == ".csv":
            yield from _csv(path)
        elif path.suffix.lower() in (".yaml", ".yml"):
            yield from _yaml(path, problems)
        else:
            raise FileError("is neither .csv nor .yaml", where=str(path), mend="Name a list of one of these forms.")
    elif isinstance(asked, Mapping):
        yield asked, "request"
    else:
        for number, one in enumerate(asked, 1):
            yield one if isinstance(one, AccountRequest) else (one, f"request {number}")


# ---- files ---------------------------------------------------------------------------------------


def _csv(path: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(read_text(path, str(path)).removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, path)
        line = reader.line_num
        for row in reader:
            where, line = f"{path}:{line + 1}", reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header):
                raise FileError(
                    f"the row has {len(row)} cells, the header {len(header)}",
                    where=where,
                    mend='Put a cell with a comma in it between quotes: "…, …".',
                )
            yield {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}, where
    except csv.Error as error:
        raise FileError(f"this is not CSV: {error}", where=f"{path}:{reader.line_num}") from None


def _check_header(header: list[str], path: Path) -> None:
    where = f"{path}:1"
    for name in header:
        if name not in KEYS and not name.startswith(_TAG):
            raise FileError(f"there is no column {name!r}", where=where, mend=did_you_mean(name, [*KEYS, "tag:KEY"]))
    missing = [name for name in REQUIRED if name not in header]
    if missing or len(set(header)) < len(header):
        what = f"the column {missing[0]} is missing" if missing else "a column is there twice"
        raise FileError(what, where=where, mend=f"The first line names the columns: {','.join(KEYS)},tag:KEY.")


def _yaml(path: Path, problems: list[Problem]) -> Iterator[_Row]:
    def twice(what: str, mark: Mark, mend: str) -> None:
        problems.append(_problem(str(mark), what, mend))

    root = parse(read_text(path, str(path)).removeprefix("\ufeff"), str(path), twice)
    if root.kind is MAP and (pair := root.get("accounts")) is not None and len(root.value) == 1:
        root = pair[1]
    if root.kind is not LIST:
        raise FileError(
            f"the file holds {root.kind}, not a list of accounts",
            where=_mark(path, root),
            mend="Write one account a line: - {name: …, email: …, ou: …}",
        )
    for item in root.value:
        where = _mark(path, item)
        if item.kind is not MAP:
            problems.append(_problem(where, f"this is {item.kind}, not an account", "Write {name: …, email: …, ou: …}"))
        else:
            yield {key.value: _plain(value) for key, value in item.value}, where


def _plain(node: Node) -> Any:
    if node.kind is SCALAR:
        return None if node.empty else node.value
    if node.kind is LIST:
        return [_plain(item) for item in node.value]
    return {key.value: _plain(value) for key, value in node.value}


def _mark(path: Path, node: Node) -> str:
    return str(Mark(str(path), node.line + 1, node.column + 1))


# ---- one request ---------------------------------------------------------------------------------


def _request(values: Mapping[str, Any], where: str, problems: list[Problem]) -> AccountRequest | None:
    """A request from a row; what is wrong with it is added to `problems`, and then there is none."""
    before = len(problems)
    known: dict[str, Any] = {}
    tags: dict[str, str] = {}
    for name, value in values.items():
        if name.startswith(_TAG) and name != _TAG:
            tags[name.removeprefix(_TAG)] = str(value)
        elif name not in KEYS:
            problems.append(_problem(where, f"there is no key {name!r}", did_you_mean(name, KEYS)))
        elif value is not None and value != "":
            try:
                known[name] = _value(name, value)
            except DesignError as error:
                problems.append(_problem(where, f"{name}: {error.what}", error.mend or ""))
    missing = [name for name in REQUIRED if name not in known and not values.get(name)]
    if missing:
        problems.append(
            _problem(where, f"{' and '.join(missing)} is not said", f"Every account needs {', '.join(REQUIRED)}.")
        )
    if len(problems) > before:
        return None
    return AccountRequest(**{**known, "tags": MappingProxyType({**known.get("tags", {}), **tags})}, where=where)


def _value(name: str, value: Any) -> Any:
    if name == "tags":
        return _tags(value)
    if name == "baselines":
        return _names(value)
    if name in _AMOUNTS:
        return value if isinstance(value, Money) else Money.parse(str(value))
    if not isinstance(value, str):
        raise DesignError(f"{value!r} is not a text", mend="Write it as text.")
    return value


def _tags(value: Any) -> dict[str, str]:
    """A map, or `Team=a; Environment=production`."""
    if isinstance(value, Mapping):
        return {str(key): "" if text is None else str(text) for key, text in value.items()}
    found: dict[str, str] = {}
    for part in str(value).split(";"):
        key, equals, text = part.partition("=")
        if not equals:
            raise DesignError(f"{part.strip()!r} is not a tag", mend="Write KEY=VALUE; KEY=VALUE.")
        found[key.strip()] = text.strip()
    return found


def _names(value: Any) -> tuple[str, ...]:
    """A list, or `one; two`."""
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise DesignError(f"{value!r} is not a list of names", mend="Write name; name.")
    return tuple(part.strip() for part in parts if part.strip())


def _problem(where: str, message: str, fix: str) -> Problem:
    return Problem(code="account-request", severity="error", where=where, message=message, fix=fix)
