"""The HTTP face: JSON under /api/v1, pages for candidates and reviewers. Knows HTTP; decides nothing."""
