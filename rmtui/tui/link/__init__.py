"""What goes over the line between the console and the operator's terminal, and how little of it."""
