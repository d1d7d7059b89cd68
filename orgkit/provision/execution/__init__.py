"""Carrying a plan out: calls, retries, the journal, and going on after a crash."""
