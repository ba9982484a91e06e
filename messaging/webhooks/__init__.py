"""Telling other systems what happens here: signed calls, tried again, with a log. docs/webhooks.md is for their side."""
