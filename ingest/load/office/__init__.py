"""Word, PowerPoint, OpenDocument and rich text."""
