"""`talend-access doctor`: checks everything that a preview and an update need. Reads only."""
