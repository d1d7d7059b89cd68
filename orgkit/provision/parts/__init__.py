"""What each part of an organization needs done: the tree, policies, access, logging, baselines, cost. Pure."""
