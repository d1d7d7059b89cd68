"""Terraform's AWS provider as a second opinion on the server, where the machine has both.

Set ORGKIT_TERRAFORM_PLUGINS to a folder that `terraform init -plugin-dir` takes the provider from.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orgkit.cloud import connect
from orgkit.cloud.server import serve

PLUGINS = os.environ.get("ORGKIT_TERRAFORM_PLUGINS", "")
pytestmark = pytest.mark.skipif(
    not shutil.which("terraform") or not Path(PLUGINS or "/nowhere").is_dir(),
    reason="needs terraform, and its AWS provider in the folder ORGKIT_TERRAFORM_PLUGINS",
)

# AWS enables service control policies when it creates the organization, so Terraform imports it instead of creating it.
COMPANY = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  endpoints {
    organizations = "URL"
    sts           = "URL"
    iam           = "URL"
  }
}
import {
  to = aws_organizations_organization.company
  id = "ORGANIZATION"
}
resource "aws_organizations_organization" "company" {
  feature_set                   = "ALL"
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]
  aws_service_access_principals = ["guardduty.amazonaws.com"]
}
resource "aws_organizations_organizational_unit" "workloads" {
  name      = "Workloads"
  parent_id = aws_organizations_organization.company.roots[0].id
  tags      = { Project = "app-a" }
}
resource "aws_organizations_account" "app" {
  count     = 3
  name      = "app-${count.index}"
  email     = "app-${count.index}@company.example"
  parent_id = aws_organizations_organizational_unit.workloads.id
}
resource "aws_organizations_policy" "guardrail" {
  name = "no-s3"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }]
  })
}
resource "aws_organizations_policy_attachment" "guardrail" {
  policy_id = aws_organizations_policy.guardrail.id
  target_id = aws_organizations_organizational_unit.workloads.id
}
resource "aws_organizations_delegated_administrator" "guardduty" {
  account_id        = aws_organizations_account.app[0].id
  service_principal = "guardduty.amazonaws.com"
}
"""


def test_terraform_applies_and_then_finds_nothing_to_change(tmp_path: Path) -> None:
    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments, "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    with serve() as server, connect(f"endpoint:{server.url}") as target:
        made = target.client("organizations").create_organization()["Organization"]
        text = COMPANY.replace("URL", server.url).replace("ORGANIZATION", made["Id"])
        (tmp_path / "main.tf").write_text(text)
        assert terraform("init", f"-plugin-dir={PLUGINS}").returncode == 0
        applied = terraform("apply", "-auto-approve")
        assert applied.returncode == 0, applied.stderr
        again = terraform("plan", "-detailed-exitcode")
        assert again.returncode == 0, again.stdout
        assert len(target.client("organizations").list_accounts()["Accounts"]) == 4
