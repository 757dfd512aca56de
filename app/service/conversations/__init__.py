"""Stored conversations, marked answers, and whether old answers still hold."""
