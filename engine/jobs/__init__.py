"""Long work: finding files, indexing them in a child process, and watching folders."""
