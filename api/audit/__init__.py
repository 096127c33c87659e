"""The record of everything that touches a score, an account or a candidate's data."""
