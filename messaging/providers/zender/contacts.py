"""Contacts, groups and unsubscribed people at the gateway: docs/endpoints.md 1.2 rows 2 to 9."""

from collections.abc import Sequence

from messaging.providers.zender.calls import PAGE_SIZE, Calls, Row


class ContactCalls(Calls):
    # 1.2 row 2
    def create_contact(self, *, phone: str, name: str, groups: Sequence[str | int]) -> None:
        """phone: E.164 or local; groups: at least one group id. The gateway tells no id of the new contact."""
        self._post("create/contact", phone=phone, name=name, groups=groups)

    # 1.2 row 3
    def create_group(self, *, name: str) -> None:
        """The gateway tells no id of the new group: read get/groups again."""
        self._post("create/group", name=name)

    # 1.2 row 4
    def delete_contact(self, *, id: int | str) -> None:
        self._get("delete/contact", id=id)

    # 1.2 row 5
    def delete_group(self, *, id: int | str) -> None:
        self._get("delete/group", id=id)

    # 1.2 row 6
    def delete_unsubscribed(self, *, id: int | str) -> None:
        """The person may be messaged again by the gateway."""
        self._get("delete/unsubscribed", id=id)

    # 1.2 row 7
    def get_contacts(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, groups (list of ids as text), phone, name."""
        return self._rows("get/contacts", limit=limit, page=page)

    # 1.2 row 8
    def get_groups(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, name."""
        return self._rows("get/groups", limit=limit, page=page)

    # 1.2 row 9
    def get_unsubscribed(self, *, limit: int = PAGE_SIZE, page: int = 1) -> list[Row]:
        """Rows of id, phone, created (unix seconds)."""
        return self._rows("get/unsubscribed", limit=limit, page=page)
