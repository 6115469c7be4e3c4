"""Commands for whoever writes a table of access: validate, schema, format."""
