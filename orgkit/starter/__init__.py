"""The starter organization: `org.yaml`, its policies and templates, and the notebooks."""
