"""From existing access to a program and an import file, and from a tenant and its stacks to drift. Reads, never writes."""
