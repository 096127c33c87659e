"""How fast the service is: pages with few and with many submissions, and an upload's way to its report."""
