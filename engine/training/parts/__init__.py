"""The parts of a pack as torch modules, one file each."""
