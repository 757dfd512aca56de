"""Services shared by the chat, the HTTP API and the command line."""
