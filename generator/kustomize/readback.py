"""Reading the output back: files below the repository, never through a symlink."""

from __future__ import annotations

import stat
from functools import cache
from pathlib import Path as File

from .build import Read
from .file import NotBuildable


def reader(root: File) -> Read:
    """A function from a path below `root` to the text of the file; None when no file has it.

    It raises NotBuildable for what must not be there: symlinks on the way, text that is not UTF-8.
    """

    @cache
    def plain_folder(folder: str) -> bool:
        if folder and (root / folder).is_symlink():
            raise NotBuildable(f"{folder}: a symlink stands where a folder belongs")
        return not folder or plain_folder(folder.rpartition("/")[0])

    def read(path: str) -> str | None:
        plain_folder(path.rpartition("/")[0])
        try:
            mode = (root / path).lstat().st_mode
            if stat.S_ISLNK(mode):
                raise NotBuildable(f"{path}: it is a symlink")
            return None if stat.S_ISDIR(mode) else (root / path).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotBuildable(f"{path}: it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise NotBuildable(f"{path}: it is not UTF-8") from None

    return read
