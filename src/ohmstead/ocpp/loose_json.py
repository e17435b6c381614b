"""JSON that is not quite: half surrogate pairs, NaN, bare control characters, texts that are not UTF-8."""

import json


def loads(raw: bytes) -> object:
    """What the sender meant; raises ValueError for what is no JSON at all. Unreadable characters become "?"."""
    text = raw.decode(errors="replace")
    try:
        value = json.loads(text, strict=False, parse_constant=lambda _: None)
        return json.loads(dumps(value))
    except RecursionError as failure:
        raise ValueError("nested too deeply") from failure


def dumps(value: object) -> bytes:
    """Proper JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")
