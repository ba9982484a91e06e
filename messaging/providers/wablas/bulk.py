"""Version 2 sending: up to 100 messages a request, each with its own content. docs/endpoints.md 3.2 rows 46–52, 56–62.

Items carry what is named here and the Options. `data` holds the queued messages in the order of the items; one that was
turned away is {"message": why, "status": false}.
"""

from collections.abc import Sequence
from typing import Any, Required, TypedDict

from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.session import Options, Session


class TextItem(Options, total=False):
    phone: Required[str]
    message: Required[str]


class ImageItem(Options, total=False):
    phone: Required[str]
    image: Required[str]
    caption: str


class AudioItem(Options, total=False):
    phone: Required[str]
    audio: Required[str]


class DocumentItem(Options, total=False):
    phone: Required[str]
    document: Required[str]
    caption: str


class VideoItem(Options, total=False):
    phone: Required[str]
    video: Required[str]
    caption: Required[str]


class NestedItem(Options, total=False):
    """message: {text, link}, {title, description, buttonText, lists, footer} or {name, address, latitude, longitude}."""

    phone: Required[str]
    message: Required[dict[str, Any]]


class GroupItem(TypedDict, total=False):
    """group_id: of a group of contacts at Wablas (not a WhatsApp group), and the content's own keys."""

    group_id: Required[str]
    message: str
    image: str
    video: str
    audio: str
    document: str
    caption: str
    secret: bool
    retry: bool
    priority: bool
    spintax: bool


class Bulk(Session):
    """The v2 calls."""

    def send_messages(self, items: Sequence[TextItem]) -> Answer:
        """Texts."""
        # 3.2 row 46
        return self._batch("/api/v2/send-message", items)

    def send_images(self, items: Sequence[ImageItem]) -> Answer:
        """image: public URL."""
        # 3.2 row 47
        return self._batch("/api/v2/send-image", items)

    def send_audios(self, items: Sequence[AudioItem]) -> Answer:
        """audio: public URL."""
        # 3.2 row 48
        return self._batch("/api/v2/send-audio", items)

    def send_documents(self, items: Sequence[DocumentItem]) -> Answer:
        """document: public URL."""
        # 3.2 row 49
        return self._batch("/api/v2/send-document", items)

    def send_videos(self, items: Sequence[VideoItem]) -> Answer:
        """video: public URL; the caption must not be empty here."""
        # 3.2 row 50
        return self._batch("/api/v2/send-video", items)

    def send_links(self, items: Sequence[NestedItem]) -> Answer:
        """message: {text, link}; shown with a preview."""
        # 3.2 row 51
        return self._batch("/api/v2/send-link", items)

    def send_lists(self, items: Sequence[NestedItem]) -> Answer:
        """message: {title, description, buttonText, lists: [{title, description}], footer}, none of them empty."""
        # 3.2 row 52
        return self._batch("/api/v2/send-list", items)

    def send_locations(self, items: Sequence[NestedItem]) -> Answer:
        """message: {name, address, latitude, longitude} in degrees; it comes back as JSON text."""
        # 3.2 row 56
        return self._batch("/api/v2/send-location", items)


class ContactGroupMessages(Session):
    """One message to every member of a group of contacts: each member is a row of the answer."""

    def send_group_text_get(
        self, *, group_id: str, message: str, secret: bool = False, priority: bool = False, spintax: bool = False
    ) -> Answer:
        """A text by GET: it stands in the server's logs, so prefer the POST."""
        # 3.2 row 57
        query = {"group_id": group_id, "message": message, "secret": secret, "priority": priority, "spintax": spintax}
        return self._call("GET", "/api/v2/group/text", shows="query token only", query=query)

    def send_group_texts(self, items: Sequence[GroupItem]) -> Answer:
        """Items with `message`."""
        # 3.2 row 58
        return self._batch("/api/v2/group/text", items)

    def send_group_images(self, items: Sequence[GroupItem]) -> Answer:
        """Items with `image` (URL) and perhaps `caption`."""
        # 3.2 row 59
        return self._batch("/api/v2/group/image", items)

    def send_group_videos(self, items: Sequence[GroupItem]) -> Answer:
        """Items with `video` (URL) and `caption`."""
        # 3.2 row 60
        return self._batch("/api/v2/group/video", items)

    def send_group_audios(self, items: Sequence[GroupItem]) -> Answer:
        """Items with `audio` (URL)."""
        # 3.2 row 61
        return self._batch("/api/v2/group/audio", items)

    def send_group_documents(self, items: Sequence[GroupItem]) -> Answer:
        """Items with `document` (URL) and perhaps `caption`."""
        # 3.2 row 62
        return self._batch("/api/v2/group/document", items)
