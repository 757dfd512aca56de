"""Pages as lines in places: reading order, paragraphs and tables of PDFs and scans."""
