"""Who may sign in or call: users, sessions, one-time links, API tokens, throttles."""
