"""Flags read from a package's source: types, bounds and spellings of a small one that is made here."""

from __future__ import annotations

from pathlib import Path

import yaml

from scripts.flags_mlserver import options as settings
from scripts.flags_ray import plain
from scripts.flags_vllm import Reader
from scripts.server_flags import text_of
from scripts.time_zones import text_of as zones_of

CONFIG = """
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Optional
if TYPE_CHECKING:
    from elsewhere import Method
else:
    Method = Any
Kind = Literal["a", "b"]
@config
class Inner:
    x: int = 1
@config
class Cache:
    share: float = Field(default=0.9, gt=0, le=1)
    length: int = 8
    kind: Kind = "a"
    method: Method | None = None
    nested: Inner = Field(default_factory=Inner)
    on: bool = False
    names: Optional[list[str]] = None
    told: "dict[str, Any]" = {}
    either: Kind | str = "a"
    IGNORED: ClassVar[int] = 3
    def __post_init__(self):
        if self.length < 1:
            raise ValueError
        if self.on:
            if self.length > 4:
                raise ValueError
"""
ENGINE = """
from vllm.config import Cache
def _compute_kwargs(cls):
    if contains_type(hints, int):
        if name == "length":
            kwargs[name]["type"] = human_readable_int_or_auto
        else:
            kwargs[name]["type"] = int
class EngineArgs:
    @staticmethod
    def add_cli_args(parser):
        cache_kwargs = get_kwargs(Cache)
        group = parser.add_argument_group()
        group.add_argument("--share", "-s", **cache_kwargs["share"])
        group.add_argument("--length", **{**cache_kwargs["length"], "default": None})
        group.add_argument("--kind", **cache_kwargs["kind"])
        group.add_argument("--method", **cache_kwargs["method"])
        group.add_argument("--nested", **cache_kwargs["nested"])
        group.add_argument("--on", **cache_kwargs["on"])
        group.add_argument("--names", **cache_kwargs["names"])
        group.add_argument("--told", **cache_kwargs["told"])
        group.add_argument("--either", **cache_kwargs["either"])
        parser.add_argument("--quiet", action="store_true", deprecated=True)
class AsyncEngineArgs:
    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--token", type=str, nargs="?", choices=["x", "y"])
"""
FRONT = """
@config
class FrontendArgs:
    port: int = 8000
    origins: list[str] = field(default_factory=list)
    middleware: list[str] = field(default_factory=list)
    @classmethod
    def add_cli_args(cls, parser):
        frontend_kwargs["origins"]["type"] = json.loads
        del frontend_kwargs["origins"]["nargs"]
        frontend_kwargs["middleware"]["action"] = "append"
def make_arg_parser(parser):
    parser.add_argument("--headless", action="store_true")
"""


def unpacked(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_flags_are_read_from_syntax(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        {
            "vllm/config/__init__.py": CONFIG,
            "vllm/engine/arg_utils.py": ENGINE,
            "vllm/entrypoints/openai/cli_args.py": FRONT,
        },
    )
    found = {option.names[0]: (option.said, option.file) for option in Reader(root).options()}
    said = {name: told for name, (told, _) in found.items()}
    assert said == {
        "--port": {"kind": "int", "default": 8000},
        "--origins": {"kind": "json"},
        "--middleware": {"kind": "str", "repeated": True},
        "--headless": {"kind": "flag"},
        "--share": {"kind": "float", "default": 0.9, "above": 0, "most": 1},
        "--length": {"kind": "int", "human": True, "words": ["auto"], "default": 8, "least": 1},
        "--kind": {"kind": "choice", "choices": ["a", "b"], "default": "a"},
        "--method": {"kind": "str"},
        "--nested": {"kind": "json"},
        "--on": {"kind": "flag", "negated": True},
        "--names": {"kind": "list"},
        "--told": {"kind": "json"},
        "--either": {"kind": "str", "default": "a"},
        "--quiet": {"kind": "flag", "deprecated": True},
        "--token": {"kind": "choice", "optional": True, "choices": ["x", "y"]},
    }
    assert found["--share"][1] == "vllm/config/__init__.py"
    text = text_of("vllm", "1.0", Reader(root).options(), root)
    data = yaml.safe_load(text)
    assert data["version"] == "1.0"
    assert [source["file"] for source in data["sources"]] == sorted({file for _, file in found.values()})
    flags = next(item["flags"] for item in data["sources"] if item["file"].endswith("config/__init__.py"))
    assert flags["share"]["aliases"] == ["-s"]


def test_settings_are_read_by_the_name_of_their_variable(tmp_path: Path) -> None:
    text = """
PREFIX = "MLSERVER_"
class Base:
    pass
class Settings(Base):
    model_config = SettingsConfigDict(env_prefix=PREFIX)
    debug: bool = True
    workers: int = 1
    extensions: list[str] = []
class CORSSettings(Base):
    model_config = SettingsConfigDict(env_prefix=PREFIX)
class ModelParameters(Base):
    model_config = SettingsConfigDict(env_prefix="MLSERVER_MODEL_")
    uri: str | None = None
class ModelSettings(Base):
    model_config = SettingsConfigDict(env_prefix="MLSERVER_MODEL_")
    implementation_: str = Field(validation_alias=AliasChoices("implementation", "MLSERVER_MODEL_IMPLEMENTATION"))
"""
    root = unpacked(tmp_path, {"mlserver/settings.py": text})
    assert {option.names[0]: option.said for option in settings(root)} == {
        "MLSERVER_DEBUG": {"kind": "bool"},
        "MLSERVER_WORKERS": {"kind": "int", "default": 1},
        "MLSERVER_EXTENSIONS": {"kind": "json"},
        "MLSERVER_MODEL_IMPLEMENTATION": {"kind": "str"},
        "MLSERVER_MODEL_URI": {"kind": "str"},
    }


def test_a_schema_loses_its_words_and_keeps_fields_that_are_called_like_them() -> None:
    schema = {
        "title": "T",
        "properties": {"title": {"type": "string", "default": "x"}},
        "items": [{"description": "d"}],
    }
    assert plain(schema) == {"properties": {"title": {"type": "string"}}, "items": [{}]}


def test_time_zones_fill_lines() -> None:
    data = yaml.safe_load(zones_of("2026.1", [f"Area/City{i:03}" for i in range(40)]))
    assert (data["version"], len(data["zones"])) == ("2026.1", 40)
