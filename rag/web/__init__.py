"""Browser app, HTTP and MCP."""
