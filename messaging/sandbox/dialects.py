"""The dialects the sandbox speaks, each at its own path prefix."""

from messaging.sandbox.dialect import Dialect
from messaging.sandbox.smsgateway24 import SMSGateway24
from messaging.sandbox.smsmobileapi import SMSMobileAPI
from messaging.sandbox.wablas import Wablas
from messaging.sandbox.zender import Zender

DIALECTS: dict[str, Dialect] = {
    "zender": Zender(),
    "smsmobileapi": SMSMobileAPI(),
    "wablas": Wablas(),
    "smsgateway24": SMSGateway24(),
}
