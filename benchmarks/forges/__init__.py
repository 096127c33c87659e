"""Deliveries and the API of forges, compared with what GitHub publishes about them."""
