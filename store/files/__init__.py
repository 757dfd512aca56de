"""Files on disk: private to their owner, and locked while they change."""
