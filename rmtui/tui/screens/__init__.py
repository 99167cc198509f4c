"""What fills the terminal: set-up, the main screen, help."""
