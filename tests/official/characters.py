"""The characters that the differential tests draw from: those whose properties every supported Python agrees on."""

from __future__ import annotations

import unicodedata
from functools import cache

SINCE_15 = """
558 58b-58c 5c8-5c9 88f 897 b53-b54 c5c cdc cf3 ece 1acf-1af0 1b4e-1b4f 1b7f 1c89-1c8a 208f 209d-209f 20c1-20c4
2427-2429 2b96 2e60-2e63 2ffc-2fff 31e4-31e5 31ef a7cb-a7cf a7d2 a7d4 a7da-a7dd a7e2 a7f1 ab6c-ab6d fbc3-fbd2
fd90-fd91 fdc8-fdce 105c0-105f3 107bb-107bf 10940-10959 10d40-10d65 10d69-10d85 10d8e-10d8f 10ec2-10ec7 10ec9-10eee
10ef0-10eff 1123f-11241 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5 113c7-113ca 113cc-113d5
113d7-113d8 113e1-113e2 116d0-116e3 11b00-11b0a 11b60-11b67 11bc0-11be1 11bf0-11bf9 11db0-11ddb 11de0-11de9
11df0-11df1 11f00-11f10 11f12-11f3a 11f3e-11f5a 1246f 12475-1247f 12550-12686 1342f 13439-13455 13460-143fa
16100-16139 16d40-16d79 16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18cd6-18cda 18cff 18d09-18d20 18d80-18df2
18e00-19191 191a0-191d2 1b123-1b128 1b132 1b155 1b168 1cc00-1ccfc 1cd00-1ceb3 1ceba-1ced0 1ced2-1ced4 1cedd-1cefd
1d127-1d128 1d1eb-1d1ff 1d250-1d281 1d2c0-1d2d3 1d6a6 1db00-1db1c 1df1f-1df81 1df90-1df96 1dfcd-1dfff 1e030-1e06d
1e08f 1e4d0-1e4f9 1e5d0-1e5fa 1e5ff 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff 1f1ae 1f6d8-1f6d9 1f6dc 1f774-1f77f
1f7d9-1f7db 1f7f1-1f7ff 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57 1fa75-1fa77 1fa87-1fa8f 1faad-1faaf
1fabb-1fabf 1fac6 1fac8 1facc-1facf 1fada-1fadd 1fadf 1fae8-1faeb 1faef 1faf7-1fafa 1fbcb-1fbef 1fbfa 2b739-2b73f
2b81e 2cea2-2cead 2ebf0-2ee5d 31350-33479 3d000-3fc3f
"""
"""Code points that Unicode 15.0 to 18.0 assigned: Python 3.11 (Unicode 14) does not know them, later ones do."""
SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2003\u2007\u2009\u2028\u2029\u202f\u205f\u3000"
"""Whitespace to `str.split`; U+001C to U+001F are none to Rust."""
NEAR_SPACES = "\u180e\u200b\u200c\u200d\u2060\ufeff\u00ad\x00\x07\x1a\x1b\x7f\x80\u200e\u202e"
MARKS = "\u0301\u0308\u0307\u0345\u20dd\u0903\u0e31\u3099\ufe0f\U000e0100\u0488\u0670"
CASED = (
    "\u0130\u0131\u017f\u212a\u212b\u2126\u00df\u1e9e\u03a3\u03c3\u03c2\u01c5\u01c4\u0149\ufb01\u0390\u00c9\u00e9\u00d1\u0410\u0430"
    "\uff21\uff41\U0001d400\U0001d41a\u00aa\u02b0\u24b6\u24d0\u2160\u10a0\u2c6f\U00010400\U0001e900\u1f88\u13a0\uab70"
)
DIGITS = (
    "\u00b2\u00b9\u00bd\u00be\u2153\u0663\u096b\uff15\uff10\U0001d7d3\u2460\u2167"
    "\u4e00\u3007\u09f4\u2075\u0c66\u2080\u19da"
)
PUNCTUATION = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u201c\u201d\u2018\u2019\u00b4\u2013\u2014\u2212\u2026\u3002\uff0c\uff0e\u3001\uff08\uff09"
    "\u00ab\u00bb\u00a1\u00bf\u00a7\u203f\u2040\uff3f\ufe33\u00b7\u30fb\uff5c\u2581"
)
SYMBOLS = (
    "\u00a3\u20ac\u00a5\u00b0\u2248\u00d7\u00f7\u00b1\u2122\u00a9\u2260\u221e\u221a"
    "\U0001f642\U0001f1e9\U0001f469\u200d\U0001f52c\u00a8\u02c6"
)
ODD = "\ud800\udbff\udc00\udfff\ue000\uffff\ufffd\ufdd0\U00050000\U000d1234\U0010ffff\U0001fffe"
"""Surrogates on their own, for private use, never assigned, and in planes without any character."""
LETTERS = "aAbBcCdDeEiIkKnNosStTxXyzZ\u4e2d\u6587\uac00\u0623\u05d0\u0924\u0e01\u3042"
KINDS = (SPACES, NEAR_SPACES, MARKS, CASED, DIGITS, PUNCTUATION, SYMBOLS, ODD, LETTERS, "0123456789")


@cache
def code_points() -> list[int]:
    """All that have a category in Unicode 14, surrogates among them."""
    later: set[int] = set()
    for entry in SINCE_15.split():
        first, _, last = entry.partition("-")
        later |= set(range(int(first, 16), int(last or first, 16) + 1))
    points = range(0x110000)
    return [point for point in points if unicodedata.category(chr(point)) != "Cn" and point not in later]
