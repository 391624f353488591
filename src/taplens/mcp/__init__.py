"""MCP over stdio and streamable HTTP: the doors for AI clients, over the tools' registry."""
