"""News of consent for the floors above, sent inside the transaction that writes it."""

from django.dispatch import Signal

consent_changed = Signal()  # events: list[ConsentEvent], all of them new
