"""How well the grader's figures on quality agree with code whose quality is known."""
