"""Who the operator is, how they proved it, and what they may do."""
