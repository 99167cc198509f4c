"""Modal dialogs, one a file, each typed by its result."""
