"""Text recognition (OCR)."""
