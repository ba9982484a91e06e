"""Version 1 sending: one content to one phone or several ("phone": comma separated). docs/endpoints.md 3.2 rows 15–24, 73.

Text and captions have at most 1024 characters, files at most 2 MB. All answer with the queued messages in
`data.messages`, or with `random` in a list of devices.
"""

from typing import Any, Literal, Unpack

from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.session import Options, Session, segment

ChannelName = Literal["telegram", "line", "facebook", "twitter"]


class Messages(Session):
    """The v1 calls. `file` as text is base64, as bytes it is the content."""

    def send_message_get(self, *, phone: str, message: str, **opts: Unpack[Options]) -> Answer:
        """A text by GET: it stands in the server's logs, so prefer the POST."""
        # 3.2 row 15
        return self._call("GET", "/api/send-message", shows="query", query={"phone": phone, "message": message, **opts})

    def send_message(self, *, phone: str, message: str, **opts: Unpack[Options]) -> Answer:
        """A text."""
        # 3.2 row 16
        return self._call("POST", "/api/send-message", form={"phone": phone, "message": message, **opts})

    def send_image(self, *, phone: str, image: str, caption: str = "", **opts: Unpack[Options]) -> Answer:
        """image: public URL of a jpg, jpeg or png."""
        # 3.2 row 17
        return self._call("POST", "/api/send-image", form={"phone": phone, "image": image, "caption": caption, **opts})

    def send_image_from_local(
        self, *, phone: str, file: str, data: str, caption: str = "", filename: str = "", **opts: Unpack[Options]
    ) -> Answer:
        """file: base64. data: JSON text with at least {"name": …}. filename: at most 60 characters."""
        # 3.2 row 18
        form: dict[str, Any] = {"phone": phone, "file": file, "data": data, "caption": caption, "filename": filename}
        return self._call("POST", "/api/send-image-from-local", form={**form, **opts})

    def send_document(self, *, phone: str, document: str, caption: str = "", **opts: Unpack[Options]) -> Answer:
        """document: public URL of a doc, docx, pdf, odt, csv, ppt, pptx, xls, xlsx or txt."""
        # 3.2 row 19
        form = {"phone": phone, "document": document, "caption": caption, **opts}
        return self._call("POST", "/api/send-document", form=form)

    def send_document_from_local(
        self, *, phone: str, file: str, data: str, name_file: str = "", **opts: Unpack[Options]
    ) -> Answer:
        """file: base64. data: JSON text with at least {"name": …}."""
        # 3.2 row 20
        form: dict[str, Any] = {"phone": phone, "file": file, "data": data, "name_file": name_file, **opts}
        return self._call("POST", "/api/send-document-from-local", form=form)

    def send_video(self, *, phone: str, video: str, caption: str = "", **opts: Unpack[Options]) -> Answer:
        """video: public URL of an mp4 or mpeg."""
        # 3.2 row 21
        return self._call("POST", "/api/send-video", form={"phone": phone, "video": video, "caption": caption, **opts})

    def send_video_from_local(
        self, *, phone: str, file: bytes, name: str, mime: str, caption: str = "", **opts: Unpack[Options]
    ) -> Answer:
        """file, name, mime: content, file name and type of the upload."""
        # 3.2 row 22
        form = {"phone": phone, "caption": caption, **opts}
        return self._call("POST", "/api/send-video-from-local", form=form, files={"file": (name, file, mime)})

    def send_audio(self, *, phone: str, audio: str, **opts: Unpack[Options]) -> Answer:
        """audio: public URL of an mp3, ogg or mpga. It has no caption."""
        # 3.2 row 23
        return self._call("POST", "/api/send-audio", form={"phone": phone, "audio": audio, **opts})

    def send_audio_from_local(
        self, *, phone: str, file: bytes, name: str, mime: str, **opts: Unpack[Options]
    ) -> Answer:
        """file, name, mime: content, file name and type of the upload."""
        # 3.2 row 24
        form = {"phone": phone, **opts}
        return self._call("POST", "/api/send-audio-from-local", form=form, files={"file": (name, file, mime)})

    def send_channel(
        self,
        *,
        name: ChannelName,
        user_id: str,
        message: str,
        type: Literal["", "image", "video", "audio"] = "",
        url_file: str = "",
    ) -> Answer:
        """A message over another network (its answer is nowhere documented). url_file: `urlFile`, for media."""
        # 3.2 row 73
        form = {"user_id": user_id, "message": message, "type": type, "urlFile": url_file}
        return self._call("POST", f"/api/channel/{segment(name)}", shows="header token only", form=form)
