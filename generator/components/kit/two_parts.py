"""Which models are an encoder with a decoder, as far as their names tell."""

from __future__ import annotations

import re

NAMES_OF_TWO_PARTS = re.compile(r"(^|[-_.])(flan|t5|mt0|mt5|ul2|bart|mbart|pegasus|marian|nllb)([-_.0-9]|$)")
"""Families of models whose names tell that they are an encoder with a decoder, which TGIS serves and vLLM does not:
vllm docs/models/supported_models."""
