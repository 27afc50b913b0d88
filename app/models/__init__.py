"""The page of model packs."""
