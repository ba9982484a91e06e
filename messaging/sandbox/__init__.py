"""Fake gateways: one process that speaks the four HTTP dialects, so that a newcomer and a test can send real messages
to nobody. Written from the gateways' documents alone; imports nothing else of ours and no Django."""
