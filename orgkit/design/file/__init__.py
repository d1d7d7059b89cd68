"""The file of a design: `org.yaml` and what stands beside it, read with places, and edited line by line."""
