"""Queue, claim, send, record: the only writer of `Message.status`.

The rows are the queue. `queueing` puts messages in, `claiming` hands them to one drainer per line and commits before
anything leaves, `pump` sends them, and `applying` writes what came of it, whoever brings the news.
"""

from messaging.outbox.applying import Update, apply
from messaging.outbox.queueing import queue, queue_many, resend, withdraw

__all__ = ["Update", "apply", "queue", "queue_many", "resend", "withdraw"]
