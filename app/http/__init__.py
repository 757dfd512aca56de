"""The HTTP API, MCP tools, sign-in and the web server."""
