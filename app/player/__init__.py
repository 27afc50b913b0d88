"""The panel that plays a moment and says why it was found."""
