"""What the chat, the HTTP API and the command line share: engine, uploads, conversations, users."""
