"""An answer as server-sent events: ``evidence``, ``word`` by word, then ``answer`` or ``error``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.responses import StreamingResponse

from app.answer import Event, EvidenceFound, Finished, Word
from app.formats.json_forms import answer_payload, citation_payload
from ingest.errors import FootnoteError

log = logging.getLogger(__name__)
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event_stream(events: Callable[[], Iterator[Event]]) -> StreamingResponse:
    """The response that sends these events as they come."""
    return StreamingResponse(_as_text(events()), media_type="text/event-stream", headers=HEADERS)


def server_sent_event(event: Event) -> str:
    """One event of an answer as a server-sent event."""
    match event:
        case EvidenceFound():
            name = "evidence"
            data: Any = {
                "standalone": event.standalone,
                "citations": [citation_payload(c) for c in event.citations],
            }
        case Word():
            name, data = "word", {"text": event.text, "restart": event.restart}
        case Finished():
            name, data = "answer", answer_payload(event.answer)
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _as_text(events: Iterator[Event]) -> Iterator[str]:
    """Events as text; a failure on the way becomes the last event."""
    try:
        for event in events:
            yield server_sent_event(event)
    except FootnoteError as error:
        yield f"event: error\ndata: {json.dumps({'error': str(error)}, ensure_ascii=False)}\n\n"
    except Exception:
        log.exception("a streamed answer failed")
        yield 'event: error\ndata: {"error": "Footnote failed; its log says why."}\n\n'
