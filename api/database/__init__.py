"""PostgreSQL everywhere: embedded by default, any other by its URL. One dialect, one code path."""
