"""The tests of Reelfind. A package, so that no library's stray `tests` folder can take its place."""
