"""What a Django developer would write first: a row and a django-q2 task per message. For comparison only."""
