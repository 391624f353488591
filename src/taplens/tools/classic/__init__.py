"""The set `classic`: tools by the names, arguments and results that MCPAgentRE had.

Each works on a data file, {"stories": [...], "bugs": [...]}, as the originals did, or on the mirror
where there is none. docs/migrating.md says of each what differs.
"""
