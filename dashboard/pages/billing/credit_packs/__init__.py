"""Credit packs: what is on sale, what was bought, and what is sold below what it may cost."""
