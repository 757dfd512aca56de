"""Loaders that read untrusted bytes run in a process of their own."""
