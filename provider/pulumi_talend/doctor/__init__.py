"""`talend-access doctor`: what is missing before a preview or an update can work, found by reading only."""
