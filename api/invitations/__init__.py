"""Candidates and their private links: windows, extensions, attempts, reminders."""
