"""Runs a stranger's code: processes, files, limits. Knows nothing of grades, HTTP or SQL."""
