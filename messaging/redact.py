"""No key in a log line: a filter on every handler."""

import logging

from messaging.providers.redact import mask


class RedactFilter(logging.Filter):
    """Masks the values of secret-sounding parameters in whatever is logged, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask(record.exc_text)
        return True
