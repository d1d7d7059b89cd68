"""Secrets, looked up at the moment of a call: from the environment, a file, or AWS Secrets Manager; never kept."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from orgkit.design.sections import SecretReference
from orgkit.errors import InputError

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ARN_PARTS = 7  # arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, then perhaps a key of its JSON


def said(reference: SecretReference) -> str:
    """Where a secret is kept, in words that may be printed."""
    return {
        "env": f"environment variable {reference.name}",
        "file": f"file {reference.name}",
        "secretsmanager": f"secret {reference.name} in AWS Secrets Manager",
    }[reference.source]


def external_id(reference: SecretReference, target: Target) -> str:
    """Return the external id that a reference stands for.

    A file's surrounding white space is not part of it. A Secrets Manager ARN may end in `:KEY` to take one value of a
    JSON secret. Errors: InputError where there is none, or AWS would not take it; the message never holds the secret.
    """
    found = _LOOK_UP[reference.source](reference, target)
    if not _EXTERNAL_ID.fullmatch(found):
        raise InputError(
            f"{said(reference)} holds no external id that AWS takes",
            mend="An external id has 2 to 1,224 letters, digits and characters of +=,.@:/-_",
        )
    return found


def external_id_to_send(reference: SecretReference, target: Target) -> str:
    """The same for a call that sends it; in an embedded AWS, where nothing is at stake, a made-up one may stand in.

    So a design can be tried out by somebody who does not have its secrets. On aws a missing secret is an InputError.
    """
    if target.kind != "aws" and _is_missing(reference):
        return f"stand-in-for-{re.sub('[^A-Za-z0-9]', '-', reference.name)}"
    return external_id(reference, target)


def _is_missing(reference: SecretReference) -> bool:
    match reference.source:
        case "env":
            return not os.environ.get(reference.name)
        case "file":
            return not Path(reference.name).expanduser().exists()
        case _:
            return False


def _environment(reference: SecretReference, target: Target) -> str:
    value = os.environ.get(reference.name)
    if not value:
        raise InputError(f"{said(reference)} is not set", mend=f"Set it: export {reference.name}=…")
    return value


def _file(reference: SecretReference, target: Target) -> str:
    try:
        return Path(reference.name).expanduser().read_text("utf-8").strip()
    except OSError as error:
        raise InputError(
            f"{said(reference)} cannot be read: {error.strerror}", mend="Write the secret there."
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{said(reference)} is not text", mend="Write the secret there as UTF-8.") from None


def _secrets_manager(reference: SecretReference, target: Target) -> str:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
    from botocore.exceptions import BotoCoreError, ClientError

    parts = reference.name.split(":")
    arn, key = ":".join(parts[:_ARN_PARTS]), (parts[_ARN_PARTS] if len(parts) > _ARN_PARTS else "")
    if len(parts) < _ARN_PARTS or parts[2] != "secretsmanager":
        raise InputError(f"{reference.name} is no ARN of a secret", mend="Write arn:aws:secretsmanager:…:secret:NAME.")
    client = target.client("secretsmanager", region=parts[3] or None)
    try:
        text = client.get_secret_value(SecretId=arn).get("SecretString")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise InputError(
            f"{said(reference)} cannot be read: {code}", mend="Check the ARN, and who may read it."
        ) from None
    except BotoCoreError as error:
        raise InputError(f"{said(reference)} cannot be read: {type(error).__name__}") from None
    if text is None or not key:
        return text or ""
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{said(reference)} is no JSON object with that key", mend="Correct the key.") from None
    return str(value)


_LOOK_UP = {"env": _environment, "file": _file, "secretsmanager": _secrets_manager}
