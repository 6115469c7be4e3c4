"""The domain: principals, grants, role mappings, changes of access. Imports nothing else of this package."""
