"""The dynamic provider that one writes in an afternoon: one call for each operation, nothing gathered, nothing retried."""
