"""Design a multi-account AWS organization, see what it means, and carry it out."""
