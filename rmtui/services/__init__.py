"""What an operator can do, one function an action, for both surfaces."""
