"""Submissions that pipelines send: an archive, or a repository that we fetch for them."""
