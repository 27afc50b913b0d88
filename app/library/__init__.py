"""The library in the window: folders, problems, and what indexing does."""
