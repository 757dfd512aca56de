"""Gets the local language model ready: downloaded, verified, converted for OpenVINO, kept once."""

from __future__ import annotations

from pathlib import Path

from app.models.download import QWEN_1_5B, Progress, PullError, check_room, download
from app.settings import Settings

CONVERTED = QWEN_1_5B.file.removesuffix(".gguf")
"""The folder of the converted model."""
CONVERTED_BYTES = 1_300_000_000


def model_path(settings: Settings) -> Path | None:
    """Where the local model is: the file that the settings name, else the folder of the pulled one;
    None if it is not there.

    The folder gets its name only once all of it is checked, so being there is enough.
    """
    if settings.gguf is not None:
        return settings.gguf if settings.gguf.is_file() else None
    folder = settings.models / CONVERTED
    return folder if folder.is_dir() else None


def is_downloaded(folder: Path) -> bool:
    """Whether the model needs no network any more: it is ready, or only needs to be converted."""
    return (folder / CONVERTED).is_dir() or (folder / QWEN_1_5B.file).is_file()


def pull(folder: Path, progress: Progress) -> Path:
    """Download and convert the model, and return its folder; at once if it is there already.

    An interrupted pull goes on where it stopped. The downloaded file goes once the converted model
    has answered a question. Raises ``NoRoom`` and ``PullError``.
    """
    from filelock import FileLock

    target = folder / CONVERTED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{QWEN_1_5B.file}.lock"):
            if not target.is_dir():
                _convert(download(folder, progress), target, progress)
                progress("The language model is here", CONVERTED_BYTES, CONVERTED_BYTES)
            (folder / QWEN_1_5B.file).unlink(missing_ok=True)
    except OSError as error:
        raise PullError(f"The language model cannot be kept in {folder}: {error}.") from error
    return target


def _convert(gguf: Path, target: Path, progress: Progress) -> None:
    from app.models.openvino.convert import NotConverted, convert

    check_room(target.parent, CONVERTED_BYTES)
    progress("Converting the language model (half a minute)", 0, CONVERTED_BYTES)
    try:
        convert(gguf, target)
    except NotConverted as error:
        raise PullError(
            f"The language model could not be converted for OpenVINO: {error}. It takes 4 GB of "
            f"free memory. Run footnote pull again, or use the file as it is, by llama.cpp: pip "
            f"install 'footnote[llama-cpp]' and FOOTNOTE_GGUF={gguf}"
        ) from error
