"""From a design and a live organization to a plan: identity, steps, order, limits, rehearsal. Nothing is written."""
