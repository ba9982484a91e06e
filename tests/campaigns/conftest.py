"""The sandbox, for everything that talks to gateways."""

from tests.sandbox_process import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]
