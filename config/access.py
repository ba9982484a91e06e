"""Who may come in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by an admin: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
