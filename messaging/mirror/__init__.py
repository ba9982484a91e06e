"""What the gateway keeps for us, brought here: lines first, then everything else it can list."""
