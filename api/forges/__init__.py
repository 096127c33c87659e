"""Forges (GitHub, GitLab, Gitea, Forgejo): pushes become submissions, and each commit is told what became of it."""
