"""Keeps pytest from collecting the suites that are only material for the bridge."""

collect_ignore_glob = ["corpus/*"]
