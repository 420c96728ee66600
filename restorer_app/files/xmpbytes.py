"""An XMP packet's bytes as other programs leave them, brought to what a parser takes."""

from __future__ import annotations

import re

_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
# It names the code of before; a parser would believe it.
_DECLARATION = re.compile(r"\A<\?xml\s[^>]*>")
# Where “&” stands for itself the text stays as it is. A part without an end goes to the end of all: else a packet made
# of their beginnings would be searched through once for each.
_APART = rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
_MEANT = rb"(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);"  # all that XML knows without a list of one's own
_LONE_AND = re.compile(rb"(" + _APART + rb")|&(?!" + _MEANT + rb")", re.DOTALL)


def mended(data: bytes) -> bytes:
    """The packet alone, in a code without zeros: some programs leave them in it, or other words around it."""
    text = _narrowed(data).replace(b"\0", b"")
    text = text[max(text.find(b"<"), 0) :]
    end = text.rfind(b"<?xpacket end")
    close = text.find(b"?>", end) if end >= 0 else -1
    if close >= 0:
        return text[: close + 2]
    return text[: text.rfind(b">") + 1] or text


def with_lone_ands_told(text: bytes) -> bytes:
    """“Meyer & Sohn”, as some programs write it, and as all of them read it, in the words of XML."""
    return _LONE_AND.sub(lambda found: found[1] or b"&amp;", text)


def _narrowed(data: bytes) -> bytes:
    """In UTF-8 what is in UTF-16 or UTF-32, told by the zeros around the first bracket: a mark may be missing."""
    first = data.find(b"<")
    for code in _WIDE:
        bracket = "<".encode(code)
        at, unit = first - bracket.index(b"<"), len(bracket)
        if at < 0 or at % unit:  # both orders look alike but for where a letter begins
            continue
        following = data[at + unit : at + 2 * unit].decode(code, "replace")
        if following and following.isascii() and following.isprintable() and data.startswith(bracket, at):
            whole = len(data) - (len(data) - at) % unit  # half a letter at the end is a zero too many
            return _DECLARATION.sub("", data[at:whole].decode(code)).encode()
    return data
