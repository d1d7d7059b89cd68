"""Accounts on request: checked whole, planned alone, made once and written down."""
