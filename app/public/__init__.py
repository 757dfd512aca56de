"""What programs import: ``import footnote``.

Documents are loaded and ingested into a library, and an answerer answers from it with citations.
"""

from app.answer import Answer, Citation, EvidenceFound, Finished, Sentence, Turn, Verdict, Word
from app.answering.pipeline import Answerer
from app.langchain import FootnoteAnswerer, FootnoteRetriever
from app.models.factory import open_model
from app.service.open_library import open_library
from app.settings import Settings, load_settings
from ingest.document import Document
from ingest.errors import FootnoteError
from ingest.load import load
from ingest.samples import sample_path
from store.library import Library

__all__ = [
    "Answer",
    "Answerer",
    "Citation",
    "Document",
    "EvidenceFound",
    "Finished",
    "FootnoteAnswerer",
    "FootnoteError",
    "FootnoteRetriever",
    "Library",
    "Sentence",
    "Settings",
    "Turn",
    "Verdict",
    "Word",
    "load",
    "load_settings",
    "open_library",
    "open_model",
    "sample_path",
]
