"""The one tree of errors.

    OrgkitError
    ├── InputError               what was given is wrong; nothing was done            exit code 2
    │   ├── FileError            a file cannot be read or is not what it should be
    │   ├── DesignError          an edit, or a design, that an organization cannot have
    │   ├── UnknownName          a name that nothing has (with "did you mean")
    │   ├── AmbiguousName        a name that several things have (with the candidates)
    │   ├── PolicyError          a policy that AWS would not accept
    │   └── TargetError          a target that does not exist or may not be used
    ├── MissingExtra             an optional part is not installed                     exit code 2
    ├── CloudError               AWS, or the embedded AWS, said no or did not answer   exit code 2
    ├── Refused                  orgkit itself will not do this (approval, lock-out)   exit code 2
    ├── Drifted                  the live organization is not as designed              exit code 1
    ├── Incomplete               work was done in part and can be resumed              exit code 3
    └── Interrupted              the user stopped it                                   exit code 130

Every message says what is wrong, where, and how to mend it. Nothing else in orgkit defines an exception that a
user can meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class OrgkitError(Exception):
    """What is wrong, where it is, and how to mend it; `str()` puts the three into one message.

    `where` is `file:line:column`, an OU path, or a JSON path; `mend` is a sentence in the imperative.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, mend: str | None = None) -> None:
        super().__init__(what, where, mend)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f"\n  {self.mend}" if self.mend else ""
        return f"{place}{self.what}{cure}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and workers hand errors across processes.
        return (_rebuild, (type(self), self.what, self.where, self.mend))


def _rebuild(kind: type[OrgkitError], what: str, where: str | None, mend: str | None) -> OrgkitError:
    return kind(what, where=where, mend=mend)


class InputError(OrgkitError):
    """What was given is wrong; nothing was done."""


class FileError(InputError):
    """A file cannot be read, or does not say what it should."""


class DesignError(InputError):
    """An edit, or a design, that an organization cannot have."""


class UnknownName(InputError):
    """Nothing has this name."""


class AmbiguousName(InputError):
    """Several things have this name; the message lists them."""


class PolicyError(InputError):
    """A policy document that AWS would not accept."""


class TargetError(InputError):
    """A target that does not exist, or that may not be used in this way."""


class MissingExtra(OrgkitError):
    """An optional part of orgkit is not installed; the message names the command that installs it."""


class CloudError(OrgkitError):
    """AWS, or the embedded AWS, refused a call or did not answer."""


class Refused(OrgkitError):
    """orgkit itself will not do this: an approval is missing, or a plan would lock somebody out."""


class Drifted(OrgkitError):
    """The live organization is not as designed; raised where a run is to fail for it."""

    exit_code = 1


class Incomplete(OrgkitError):
    """Work was done in part; the message says what was done and how to go on."""

    exit_code = 3


class Interrupted(OrgkitError):
    """The user stopped the work; the message says how to go on."""

    exit_code = 130


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return `did you mean "x"?` for the nearest known name, or a list of the known names, or an empty string."""
    names = sorted(set(known))
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    if 0 < len(names) <= 12:
        return "known: " + ", ".join(names)
    return ""
