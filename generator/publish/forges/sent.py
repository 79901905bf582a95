"""What it means when a request gets no answer at all."""

from __future__ import annotations

import requests

from .forge import Denied, Unclear


def fault_of(forge: str, error: requests.RequestException) -> Denied | Unclear:
    """The fault behind an exception of `requests`; nothing of the request is in its sentence."""
    if isinstance(error, requests.exceptions.SSLError):
        return Denied(f"{forge} shows a certificate that is not trusted: say --ca-bundle FILE")
    if isinstance(error, requests.exceptions.ProxyError):
        return Unclear(f"the proxy to {forge} does not answer")
    if isinstance(error, requests.Timeout):
        return Unclear(f"{forge} did not answer in time")
    if isinstance(error, requests.ConnectionError):
        return Unclear(f"the connection to {forge} failed or broke off")
    return Unclear(f"{forge} gave no answer ({type(error).__name__})")
