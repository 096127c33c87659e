"""The report as one self-contained page: no script, no network, no assets, its one style sheet pinned by hash.

`page.py` puts the page together, `listing.py` and `highlight.py` show the source, `remarks.py` says what is
written under which line, `evidence.py` prepares tests, findings and figures for the templates.
"""
