"""Contacts, groups of contacts, blacklist, agents and auto-replies. docs/endpoints.md 3.2 rows 27, 28, 33–36, 63–71.

`status` true on top does not mean that every item passed: walk them (3.6.5).
"""

from collections.abc import Sequence
from typing import Required, TypedDict

from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.session import Session, segment


class ContactItem(TypedDict, total=False):
    """birth_day: yyyy-mm-dd (it comes back as dd-mm-yyyy)."""

    phone: Required[str]
    name: Required[str]
    email: str
    address: str
    birth_day: str


class AgentItem(TypedDict):
    name: str
    phone: str
    email: str
    password: str


class Agents(Session):
    """Colleagues who answer in the gateway's own inbox."""

    def create_agent(self, *, name: str, phone: str, email: str, password: str) -> Answer:
        """`data`: "Total Agent", "Remaining Slot"; "Info Agent" beside it."""
        # 3.2 row 27
        form = {"name": name, "phone": phone, "email": email, "password": password}
        return self._call("POST", "/api/create-agent", form=form)

    def assign_agent(self, *, phone: str, email: str, message_id: str) -> Answer:
        """phone, email: the agent's. message_id: a message of the chat to hand over."""
        # 3.2 row 28
        return self._call("POST", "/api/assign-agent", form={"phone": phone, "email": email, "message_id": message_id})

    def create_agents(self, items: Sequence[AgentItem]) -> Answer:
        """Several at once."""
        # 3.2 row 71
        return self._batch("/api/v2/create-agent", items)


class Contacts(Session):
    """The gateway's address book."""

    def add_group(self, *, name: str, phone: str) -> Answer:
        """Create the group or add to it. phone: one or several, comma. `data`: [{info, status} | {phone, message, status}]."""
        # 3.2 row 33
        return self._call("POST", "/api/group/add", form={"name": name, "phone": phone})

    def delete_group_phone(self, *, name: str, phone: str) -> Answer:
        """Take phones out of a group. `data`: [{info, status}]."""
        # 3.2 row 34
        return self._call("POST", "/api/group/delete-phone", form={"name": name, "phone": phone})

    def add_blacklist(self, *, phone: str) -> Answer:
        """This phone gets nothing any more."""
        # 3.2 row 35
        return self._call("GET", "/api/blacklist", shows="query", query={"phone": phone})

    def cancel_blacklist(self, *, phone: str) -> Answer:
        """This phone may get messages again."""
        # 3.2 row 36
        return self._call("GET", "/api/blacklist/cancel", shows="query", query={"phone": phone})

    def add_contacts(self, items: Sequence[ContactItem]) -> Answer:
        """`data.messages`: [{phone, message, status}]; a known phone has status false."""
        # 3.2 row 67
        return self._batch("/api/v2/contact", items)

    def update_contacts(self, items: Sequence[ContactItem]) -> Answer:
        """As add_contacts; an unknown phone has status false."""
        # 3.2 row 68
        return self._batch("/api/v2/contact/update", items)

    def delete_contacts(self, *, phone: str) -> Answer:
        """phone: one or several, comma."""
        # 3.2 row 69
        return self._call("DELETE", "/api/contact", query={"phone": phone})

    def get_contacts(self, *, phone: str = "", page: int = 1, limit: int = 100) -> Answer:
        """`message` is the list: id, phone, name, email, …; totalPage tells how many pages there are."""
        # 3.2 row 70
        return self._call("GET", "/api/v2/contact", query={"phone": phone, "page": page, "limit": limit})


class AutoReplies(Session):
    """Answers the gateway gives by itself to a keyword."""

    def create_autoreply(self, *, keyword: str, response: str) -> Answer:
        """`data`: id, device, keyword, response."""
        # 3.2 row 63
        return self._call("POST", "/api/v2/autoreply", json_body={"keyword": keyword, "response": response})

    def update_autoreply(self, *, id: str, keyword: str, response: str) -> Answer:
        """As create_autoreply."""
        # 3.2 row 64
        body = {"keyword": keyword, "response": response}
        return self._call("PUT", f"/api/v2/autoreply/{segment(id)}", json_body=body)

    def delete_autoreply(self, *, id: str) -> Answer:
        """Remove one."""
        # 3.2 row 65
        return self._call("DELETE", f"/api/v2/autoreply/{segment(id)}")

    def get_autoreplies(self, *, keyword: str = "") -> Answer:
        """`data`: [{id, device, keyword, category, response, file}]."""
        # 3.2 row 66
        return self._call("GET", "/api/v2/autoreply/getData", query={"keyword": keyword})
