"""What people decide: judgements, comments, decisions, and changes that are tried before they count."""
