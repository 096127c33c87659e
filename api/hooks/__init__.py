"""Outgoing webhooks: other systems of the company are told what happens, signed and at least once."""
