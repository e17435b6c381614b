"""Metadata: what makes a PDF with an electronic invoice in it a Factur-X file.

Typst embeds files and cannot say in the metadata which of them is the invoice. So the metadata is written anew behind
the file, as an incremental update (ISO 32000-1, 7.5.6), and the rest of it stays as it is.
"""

import re

_URN = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentType": ("INVOICE", "The type of the document"),
    "DocumentFileName": ("factur-x.xml", "The name of the embedded file"),
    "Version": ("1.0", "The version of the standard"),
    "ConformanceLevel": ("EN 16931", "The profile of the standard"),
}
_DECLARED = "".join(
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
    f"<pdfaProperty:description>{says}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
    for name, (_, says) in _PROPERTIES.items()
)
_SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{_URN}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    f"<pdfaSchema:property><rdf:Seq>{_DECLARED}</rdf:Seq></pdfaSchema:property></rdf:li>"
)
_SAID = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
_DESCRIPTION = f'<rdf:Description rdf:about="" xmlns:fx="{_URN}">{_SAID}</rdf:Description>'
_SCHEMAS_END, _RDF_END = b"</rdf:Bag></pdfaExtension:schemas>", b"</rdf:RDF>"
_TRAILER = re.compile(rb"trailer\s*<<(.*?/Root (\d+) 0 R.*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)
_TABLE = re.compile(rb"xref\s+0 \d+\s+(?=\d{10} )")
_ENTRY = 20  # bytes
_METADATA = re.compile(rb"/Metadata (\d+) 0 R")
_STREAM = re.compile(rb"\d+ 0 obj\s*<<.*?/Length (\d+).*?>>\s*stream\r?\n", re.DOTALL)


def with_factur_x(pdf: bytes) -> bytes:
    """The file, saying what is embedded in it. ValueError where it is not written as typst writes."""
    trailer = _found(_TRAILER, pdf, pdf.rfind(b"trailer"))
    table = int(trailer[3])
    number = _found(_METADATA, pdf, _offset(pdf, table, int(trailer[2])))[1]
    stream = _found(_STREAM, pdf, _offset(pdf, table, int(number)))
    body = pdf[stream.end() : stream.end() + int(stream[1])]
    body = body.replace(_SCHEMAS_END, _SCHEMA.encode() + _SCHEMAS_END)  # which only PDF/A has
    body = body.replace(_RDF_END, _DESCRIPTION.encode() + _RDF_END)
    start = len(pdf) + 1
    added = b"\n%b 0 obj\n<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%b\nendstream\nendobj\n"
    added %= (number, len(body), body)
    cross = b"xref\n%b 1\n%010d 00000 n \ntrailer\n<<%b /Prev %b >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + added + cross % (number, start, trailer[1].rstrip(), trailer[3], len(pdf) + len(added))


def _offset(pdf: bytes, table: int, number: int) -> int:
    """Where an object begins, by the table at the end."""
    at = _found(_TABLE, pdf, table).end() + number * _ENTRY
    return int(pdf[at : at + 10])


def _found(pattern: re.Pattern[bytes], pdf: bytes, start: int) -> re.Match[bytes]:
    found = pattern.search(pdf, max(start, 0))
    if found is None:
        raise ValueError("The PDF is not written as it is expected to be.")
    return found
