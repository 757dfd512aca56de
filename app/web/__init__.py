"""The web chat: shows an ``Answer``, decides nothing."""

from app.web.application import application, serve

__all__ = ["application", "serve"]
