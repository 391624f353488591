"""Reports: figures with their queries first, then Markdown, HTML, Word and Excel."""
