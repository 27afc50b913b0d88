"""The window of Reelfind. Everything it knows about videos it asks of `engine`."""
