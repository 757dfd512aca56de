"""Helpers of the tests: servers, browsers, files and databases."""
