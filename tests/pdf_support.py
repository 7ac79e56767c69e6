"""Small PDFs written by hand, so that a test shows all that is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TOP = 740


def pdf(*pages: str, letters: Mapping[str, str] | None = None, more: Sequence[bytes] = ()) -> bytes:
    """A PDF with a page for each content stream, in Helvetica as /F.

    `letters` says which letters the characters stand for, as a font's /ToUnicode does; `more` are
    the bodies of further objects, from number 10,000 on.
    """
    objects: dict[int, bytes] = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(len(pages)))
    objects[2] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    map_ = " /ToUnicode 4 0 R" if letters else ""
    objects[3] = f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{map_} >>".encode()
    if letters:
        objects[4] = stream(_to_unicode(letters).encode())
    for number, content in enumerate(pages):
        objects[10 + 2 * number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {11 + 2 * number} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>"
        ).encode()
        objects[11 + 2 * number] = stream(content.encode("latin-1"))
    objects |= dict(enumerate(more, 10_000))
    return document(objects)


def document(objects: Mapping[int, bytes]) -> bytes:
    """A PDF of these objects; object 1 is its catalogue."""
    made, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%d 1\n%010d 00000 n \n" % each for each in sorted(places.items()))
    end = b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF" % (
        max(places) + 1,
        len(made),
    )
    return made + b"xref\n" + table + end


def stream(data: bytes, extra: str = "") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra.encode(), data)


def line(text: str, x: float = 60, y: float = TOP, size: float = 12, before: str = "") -> str:
    """The operators that draw a line of text."""
    return f"q {before} BT /F {size} Tf {x} {y} Td ({text}) Tj ET Q\n"


def lines(*texts: str, x: float = 60, y: float = TOP, size: float = 12) -> str:
    return "".join(
        line(text, x, y - 1.2 * size * number, size) for number, text in enumerate(texts)
    )


def _to_unicode(letters: Mapping[str, str]) -> str:
    pairs = "\n".join(
        f"<{ord(code):02x}> <{letter.encode('utf-16-be').hex()}>"
        for code, letter in letters.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"{len(letters)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
    )
