"""The database of users and conversations, and files that processes share."""
