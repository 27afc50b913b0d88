"""Model packs: what a pack promises, running its graphs, finding packs on disk and fetching one the user asked for.

Only `fetch` may use the network. Nothing here knows a pack by name.
"""
