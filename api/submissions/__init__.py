"""From an upload to its grading: received durably, queued, graded, reported."""
