"""A dynamic provider that does nothing: what is left is the engine's own time."""
