"""The web chat: renders an ``Answer`` and decides nothing."""

from app.web.application import application, serve

__all__ = ["application", "serve"]
