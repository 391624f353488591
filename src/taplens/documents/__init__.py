"""Documents that people hand in: Word, Excel, CSV, PDF, Markdown and text, read within bounds."""
