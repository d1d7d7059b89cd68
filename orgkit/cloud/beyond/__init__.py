"""What AWS's other services do beyond moto, one module a subject; `orgkit.cloud.beyond_moto` has the table."""
