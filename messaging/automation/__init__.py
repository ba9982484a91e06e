"""What happens by itself: consent by reply, automatic answers, reminders."""
