"""The console: screens, panes, dialogs and widgets on Textual. It asks the services and never the database."""
