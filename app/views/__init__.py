"""The main window and the pages and dialogs it is made of."""
