"""The engine of Reelfind: media, library, indexing, models and search. Runs without a display and never imports Qt."""
