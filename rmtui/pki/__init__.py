"""Keys and what is signed with them, with no database."""
