"""From a query to moments: parse, encode, recall, fuse, rerank, moments, explain."""
