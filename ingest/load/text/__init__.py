"""Plain text and text with markup: Markdown, HTML, JSON, XML, e-mail, EPUB."""
