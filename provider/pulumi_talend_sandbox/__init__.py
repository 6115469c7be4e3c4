"""What tests, demos and newcomers use: an offline Talend tenant and an offline deployment engine."""

__all__: list[str] = []
