"""Pictures as documents, and pictures inside documents."""
