"""Ingesting files, folders, links and uploads, and watching them."""
