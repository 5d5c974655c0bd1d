"""Words, phrases, numbers and noise, and edits that make a near miss of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from official.characters import KINDS, PUNCTUATION, SPACES, code_points


def listed(text: str) -> list[str]:
    return text.split("|")


WORDS = listed(
    "Paris|London|Berlin|Charles|Babbage|Barack|Obama|Michelle|Norway|Nottingham|Forest|the|a|an|The|AN|A|yes|no|Yes|NO|"
    "noanswer|not|unknown|Unanswerable|in|of|and|or|is|it|1912|1998|twenty|10,000|3.5|U.S.|mother-in-law|caf\u00e9|cafe\u0301|"
    "Beyonc\u00e9|STRASSE|\u039f\u0394\u039f\u03a3|\u03a3\u0391\u03a3|\u0130stanbul|one-two|a.b.c|\u4e2d\u6587|b|c|d|an'|the.|_a_|a_|answer|Answer:|"
    "true|false|None|nan|inf|million|percent|x|approximately|5|7|12|5.0|5.00|05|1e5|-5|Thomas|Jefferson|yard|78-yard"
)
UNITS = listed(
    "%| %| percent| million| billion| thousand| hundred|million| US| USD|USD| RMB| km|km| kg.|\u00b0|\u00b0C| dollars|"
    " years old|k| thousandths|$|\u20ac| (a)| x 10^3|,|.|\n| or 7| approximately|"
    "L|j|_|e| and| in|\u061f| Thousand|(b)| \u00d7 2|e5| 5|\u00bd"
)
SIGNS = listed(
    "|||-|+|$|-$|$-|\u00a3|\u20ac|\u00a5|= |=|x = |\u2248|\u2248 |`|%|~|\u2212|(|+-|about |approximately |USD |"
    "US$|RMB|#|\u00b1|.|..|"
    "-.|,|x \u00d7 |Nil |True |yes |\t|--|'|(("
)
FACTORS = [1, 1, -1, 10, 100, 1000, 10**4, 10**5, 10**6, 10**9, 1.0015, 0.9985, 1.0016, 1.001, 1.5, 2, 50, 500, 50000]
"""By which two numbers differ that a scorer may take for one."""
BETWEEN = listed("/|-| |,|, |*|**| x | \u00d7 |^|10^|e|.|..")
LENGTHS = [20, 100, 308, 309, 310, 400]
"""Of digits: around the largest double."""
LIMITS = [4299, 4300, 4301, 6000]
"""Around the longest text that `int` takes. Rare: the official regular expressions need seconds for such a number."""


def phrase(r: Random, longest: int = 5) -> str:
    separators = [" ", " ", " ", " ", "  ", "-", ", ", ". ", "\n", "", r.choice(SPACES)]
    text = r.choice(WORDS)
    for _ in range(r.randrange(longest)):
        text += r.choice(separators) + r.choice(WORDS)
    return text


def character(r: Random) -> str:
    return r.choice(r.choice(KINDS)) if r.randrange(4) else chr(r.choice(code_points()))


def noise(r: Random, longest: int = 12) -> str:
    return "".join(character(r) for _ in range(r.randrange(longest + 1)))


def length(r: Random) -> int:
    return r.choice(LENGTHS) if r.randrange(60) else r.choice(LIMITS)


def digits(r: Random) -> str:
    """Few, grouped, or very many."""
    match r.randrange(12):
        case 0:
            return r.choice(["0", "00", "007", "0.0", "1", "10", "100", "1000", "0.1", "9" * length(r)])
        case 1:
            return f"{r.randrange(10**9):,}" + r.choice(["", ".5", ".00", ",5", ",", ",00"])
        case 2:
            return str(r.randrange(1, 10**6)) + "0" * (r.randrange(7) if r.randrange(10) else length(r))
        case 3:
            return r.choice(
                ["1e5", "1E-7", "1e400", "1e16", "1e-400", "5.", ".5", "5e", "1_000", "1__0", "0x1F", "0b11", "0o7"]
            )
        case 4:
            return f"0.00{r.randrange(100)}"
        case 5:
            return f"{r.randrange(20)}{r.choice(BETWEEN)}{r.randrange(20)}"
        case 6 | 7:
            return f"{r.randrange(10 ** r.randrange(1, 8))}.{r.randrange(10 ** r.randrange(1, 5))}"
        case 8:
            return "".join(r.choice("0123456789.,_-\u0665\uff11") for _ in range(r.randrange(1, 8)))
    return str(r.randrange(10 ** r.randrange(1, 7)))


def number(r: Random) -> str:
    text = (r.choice(SIGNS) if r.randrange(2) else r.choice(["", "-"])) + digits(r)
    if r.randrange(4) == 0:
        text += r.choice(UNITS)
    return f"({text})" if r.randrange(15) == 0 else text


def near_number(r: Random, text: str) -> str:
    """The number of a text times a factor, written anew."""
    try:
        value = float(text.replace(",", "").strip("$%() "))
    except ValueError:
        return edited(r, text)
    factor = r.choice(FACTORS)
    changed = value * factor if r.randrange(2) else value / factor
    form = r.choice(
        ["{!r}", "{:,}", "{:,.2f}", "{:.3f}", "{:.0f}", "{:g}", "{:e}", "{}%", "${:.2f}", "({:.2f})", "{:.1f}"]
    )
    return str(form.format(changed))


def answer(r: Random) -> str:
    """Whatever may stand as an answer."""
    match r.randrange(10):
        case 0:
            return noise(r)
        case 1 | 2:
            return number(r)
        case 3:
            return r.choice(
                ["", " ", ".", "the", "A", "a an the", "\u2019", "...", "*", "\n", "'", '"', "1", "i", "no"]
            )
    return phrase(r)


def other_case(r: Random, text: str) -> str:
    return r.choice([text.upper(), text.lower(), text.title(), text.swapcase(), text.casefold()])


def cut(r: Random, text: str) -> str:
    start, end = sorted((r.randrange(len(text) + 1), r.randrange(len(text) + 1)))
    return text[start:end] if r.randrange(2) else text[:start] + text[end:]


def put(r: Random, text: str, piece: str) -> str:
    where = r.choice([0, len(text), r.randrange(len(text) + 1)])
    return text[:where] + piece + text[where:]


def words_moved(r: Random, text: str) -> str:
    words = text.split(" ")
    r.shuffle(words)
    return " ".join(words[: r.randrange(len(words)) + 1] if r.randrange(2) else words)


def lookalikes(r: Random, text: str) -> str:
    """Letters for which ignoring case means something else to each library."""
    pairs = {
        "i": "\u0131\u0130I",
        "s": "\u017fS\u03c2",
        "k": "\u212aK",
        "a": "\u00aa\uff41",
        " ": SPACES,
        "5": "\u0665\uff15",
        "-": "\u2212\u2013",
    }
    return "".join(r.choice(pairs[c.lower()]) if c.lower() in pairs and r.randrange(2) else c for c in text)


WRAPS = listed("\"{}\"|({})|*{}*|**{}**|{} {}|[{}]|`{}`|'{}'|\n{}\n|\\boxed{{}}|<answer>{}</answer>")
EDITS: list[Callable[[Random, str], str]] = [
    other_case,
    cut,
    words_moved,
    lookalikes,
    lambda r, text: put(r, text, character(r)),
    lambda r, text: put(r, text, r.choice(PUNCTUATION)),
    lambda r, text: put(r, text, r.choice([" the ", "a ", " an", "the", " ", "  ", "*", "**", "_"])),
    lambda r, text: put(r, text, " " + r.choice(WORDS)),
    lambda r, text: text + r.choice([".", " .", "..", "\n", ",", ";", "!", "\u3002"]),
    lambda r, text: r.choice(WRAPS).replace("{}", text),
    lambda r, text: text.replace(" ", r.choice([*SPACES, "", "-", "_", "\u200b"])),
    lambda r, text: text + " " + text,
]  # fmt: skip


def edited(r: Random, text: str, most: int = 3) -> str:
    for _ in range(r.randrange(most + 1)):
        text = r.choice(EDITS)(r, text)
    return text


def near(r: Random, golds: Sequence[str]) -> str:
    """Mostly what one of the golds says, or nearly."""
    match r.randrange(8):
        case 0:
            return answer(r)
        case 1:
            return " ".join([*golds, answer(r)])
    return edited(r, r.choice(golds))
