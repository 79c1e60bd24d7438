"""What has broken other programs, by class (reliability section 8, B1 to B6): texts, numbers, times, bodies.

Texts are what a JSON string may hold, as JSON spells it; broken bodies are no JSON, or none that may be read.
"""

TEXTS: dict[str, str] = {
    "nul": r'"a\u0000b"',
    "half a character": r'"\ud800"',
    "halves in the wrong order": r'"\udc00\ud800"',
    "not a character": r'"\ufffe\uffff"',
    "other direction": r'"\u202e\u2066gnp.exe\u202c"',
    "nothing to see": r'"\u200b\ufeff\u00ad\u2060"',
    "controls": r'"\u0001\u001b[31m\u0007\u007f\u0085\r\n\t\b\f"',
    "combining": '"' + "Z" + "\u0335\u0322" * 2_000 + '"',
    "beyond the first plane": '"\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d54f \U00020000"',
    "empty": '""',
    "blanks": '"   \\t "',
    "long": '"' + "x" * 40_000 + '"',
    "markup": r'"<script>alert(1)</script><img src=x onerror=alert(1)>\"><svg/onload=alert(1)>"',
    "statement": r'''"'; DROP TABLE detect_alert; --"''',
    "format": r'"%s%n%d {0} {{7*7}} ${jndi:ldap://127.0.0.1/a} $(id) `id` %(x)s"',
    "formula": r'''"=cmd|' /C calc'!A0"''',
    "header": r'"a\r\nBcc: all@example.com\r\n\r\nbody"',
    "path": r'"../../../etc/passwd\u0000.png"',
    "address": '"javascript:alert(1)//http://[::1"',
    "words for nothing": '"null"',
    "a number's name": '"NaN"',
    "a zone": '"2026-13-45T99:99:99+99:99"',
    "year zero": '"0000-00-00T00:00:00Z"',
    "the last year": '"9999-12-31T23:59:59.999999999Z"',
    "beyond all years": '"292278994-08-17T07:12:55Z"',
    "a second more": '"2016-12-31T23:59:60Z"',
    "no zone": '"2026-02-30T24:00:00"',
    "a pattern": '"(a+)+$(a|a)*b{1,99999}"',
}
VALUES: dict[str, str] = {
    "too large a number": "1e400",
    "too small a number": "1e-400",
    "minus nothing": "-0",
    "beyond 63 bits": "9223372036854775808",
    "many digits": "9" * 400,
    "a fraction": "0." + "3" * 400,
    "true": "true",
    "null": "null",
    "twice the same name": '{"a": 1, "a": [2], "a": {"a": null}}',
    "no name": '{"": {"": ""}}',
    "odd names": r'{"\u0000": 1, "__proto__": {"x": 1}, "\ud800": 2, "a.b[0]": 3}',
    "list in list": "[" * 200 + "]" * 200,
    "many members": "{" + ",".join(f'"k{n}": {n}' for n in range(500)) + "}",
    "many items": "[" + ",".join(["{}"] * 500) + "]",
}
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "blank": b" \n",
    "nul": b"\x00",
    "cut": b'{"summary": "x',
    "cut in a number": b'{"a": -',
    "cut in a character": b'{"a": "\xe2\x82',
    "comma too many": b'{"a": 1,}',
    "comma too few": b'{"a": 1 "b": 2}',
    "single quotes": b"{'a': 1}",
    "bare name": b"{a: 1}",
    "comment": b'{"a": 1} // that is all',
    "two documents": b'{"a": 1}{"b": 2}',
    "no number": b'{"a": NaN, "b": Infinity}',
    "leading zero": b'{"a": 007}',
    "bare dot": b'{"a": 1.}',
    "plus": b'{"a": +1}',
    "hex": b'{"a": 0x10}',
    "bad escape": b'{"a": "\\x41"}',
    "half an escape": b'{"a": "\\u12"}',
    "raw nul in a text": b'{"a": "\x00"}',
    "raw line in a text": b'{"a": "b\nc"}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "overlong": b'{"a": "\xc0\xaf\xe0\x80\xaf"}',
    "surrogate in bytes": b'{"a": "\xed\xa0\x80"}',
    "mark of order": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "squeezed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xabV*I-.Q\xb2R\n\x09,\x00\x00",
    "deep lists": b"[" * 100_000,
    "deep tables": b'{"a":' * 50_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "form": b"a=1&b=%00&c=%ff",
    "mail": b"Subject: x\r\n\r\nbody",
    "markup": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00.",
}


def _nested(depth: int) -> bytes:
    """A letter with a part in a part in a part."""
    heads = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )
    return b"Subject: deep\r\n" + b"".join(heads) + b"Content-Type: text/plain\r\n\r\nx\r\n"


LETTERS: dict[str, bytes] = {
    "nothing": b"",
    "no text at all": b"\x00\xff\xfe",
    "bad encoded word": b"From: \xff\xfe\r\nSubject: =?utf-8?q?=ff?=\r\n\r\nx",
    "a long subject": b"Subject: " + b"x" * 100_000 + b"\r\n\r\n",
    "a charset of nobody": b"Content-Type: text/plain; charset=nobody-knows\r\nSubject: x\r\n\r\n\xe9",
    "parts without end": b"Content-Type: multipart/mixed; boundary=a\r\nSubject: x\r\n\r\n--a\r\n" * 50,
    "no date": b"Date: never\r\nSubject: a\r\n b\r\nMessage-Id: <\r\n\r\n",
    "brackets": b"From: " + b"<" * 5000 + b"\r\nSubject: x\r\n\r\n",
    "a header in a header": b"Subject: =?utf-8?q?Down=0D=0ABcc:_all=40example.com=0D=0A?=\r\n\r\nx",
    "ten thousand recipients": b"To: "
    + b",\r\n ".join(b"p%d@example.com" % n for n in range(10_000))
    + b"\r\nSubject: x\r\n\r\nx",
    "a thousand parts deep": _nested(1_000),
    "encoded words without end": b"Subject: " + b"=?utf-8?b?YQ==?=\r\n " * 20_000 + b"\r\n\r\nx",
    "encoded in itself": b"Subject: " + b"=?utf-8?q?" * 2_000 + b"?=" * 2_000 + b"\r\n\r\nx",
    "bad base64": b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 50_000,
    "a name that is a path": b"Subject: x\r\nContent-Type: image/png; name*=utf-8''..%2F..%2Fpasswd\r\n\r\nx",
    "a letter of letters": b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" * 300,
}
