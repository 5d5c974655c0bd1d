"""Responses around an answer: reasoning that ends or not, anchors of every spelling, what stands before and after."""

from __future__ import annotations

from random import Random

from official import pieces
from official.responses import END, TURN

ANCHORS = pieces.listed(
    "the answer is|The answer is|THE ANSWER IS|the answer is:|The answer:|answer is|correct answer is|"
    "the correct answer is|The correct answer is|the an*swer is|**the answer is**|the  answer is|the answer\nis|"
    "the answer \u0131s|the an\u017fwer i\u017f|"
    "tHe aNsWeR \u0130s|Answer:|answer:|ANSWER:|Therefore, the answer is|the answer isn't|the answer is the answer is|"
    "The answer is not that; the answer is|####|#### |\\boxed{"
)
BEFORE = pieces.listed(
    "|So |I think. |\n|**|* |The answer is 5. |the answer is no.\n|\\boxed{7} |#### 3\n|Answer: x\n|<answer>z</answer>"
)
AFTER = pieces.listed(
    "|.|..| .|.\n|\n\nIt is so.| (insert answer here)|insert answer here|"
    "**| The answer is 5.| the answer is|\nthe answer is|}|}}|"
    ". the correct answer is (B)|</answer>|<answer>| and more.\nAnswer: no|\t|\u3000|"
    "</think>|<think>|. Wait, answer is 6|,|\x1c"
)
THOUGHTS = pieces.listed(
    "{}|</think>{}|<think>\n</think>\n\n{}|<think>hm{}|<think>the answer is 5</think> {} |a</think>b</think>\n{}|"
    "{}</think>|{}</think> |<think></think>{}<think>|</THINK>{}|</ think>{}|<think>{}</think>|"
    "<think>{}</think>the answer is 7|</think></think>{}|<think>a</think>the answer is x</think>{}|"
    "\x1c</think>\x1f{}\x1d|</*think>{}|{}<think></think>"
)
MARKS = [TURN, END, "<|im_end|>", "<|endoftext|>", "*", "**", "<\uff5cAssistant|>", "<|end\u2581of\u2581sentence|>"]
GAPS = [" ", "", "  ", "\n", ": ", " (", "\u00a0", " **", "\x1c", " \uff1a"]
FILLER = [290, 298, 300, 301, 310, 980, 999, 1000, 1001, 1020]
LETTERS = pieces.listed(
    "A|B|C|D|a|b|d|E|(A)|(B)|(c)|(A|B)|Both|All|A.|\u24b6|\uff21|\u0410|*A*|**(B)**|(A) or (B)|{A}|[A]| A|"
)


def mostly(r: Random, right: str, others: list[str]) -> str:
    return r.choice(others) if r.randrange(4) == 0 else right


def response(r: Random, answer: str, anchor: str = "the answer is") -> str:
    """As the prompt asks for it but for a thing or two."""
    wrapped = r.choice(pieces.WRAPS).replace("{}", answer) if r.randrange(6) == 0 else answer
    gap = mostly(r, " ", GAPS)
    body = mostly(r, "Therefore, ", BEFORE) + mostly(r, anchor, ANCHORS) + gap + wrapped + mostly(r, ".", AFTER)
    match r.randrange(12):
        case 0:
            body += r.choice(MARKS)
        case 1:
            body = pieces.put(r, body, r.choice(MARKS))
        case 2:
            body += "x" * (r.choice(FILLER) - r.randrange(60))
        case 3:
            body = pieces.edited(r, body)
        case 4:
            body = wrapped + r.choice(AFTER)
    return mostly(r, "<think>hm</think>\n\n{}", THOUGHTS).replace("{}", body)


def gold_sentence(r: Random, answer: str) -> str:
    """As the data sets have it; now and then without what the parser looks for."""
    match r.randrange(10):
        case 0:
            return answer
        case 1:
            return f"{r.choice(ANCHORS)} {answer}{r.choice(AFTER)}"
        case 2:
            return f"Therefore, the answer is ({answer})."
        case 3:
            return f"\\boxed{{{answer}}}"
    return f"Therefore, the answer is {answer}."


def choice_sentence(r: Random, letter: str) -> str:
    """Multiple choice: brackets or none, the anchor mostly the right one."""
    if r.randrange(8) == 0:
        return r.choice([letter, f"\\boxed{{{letter}}}", f"\\Boxed{{{letter}}}", f"\\boxed{{ {letter}}}"])
    anchor = mostly(r, "The correct answer is", ["the correct answer is", "The answer is", "answer is", *ANCHORS])
    form = mostly(r, "({})", ["{}", "**({})**", "( {} )", ": ({})", "({}", "\n({})", "{}ut", " {}"])
    return f"{anchor} {form.replace('{}', letter)}{mostly(r, '.', AFTER)}"


def boxes(r: Random, answer: str) -> str:
    """Nested, several, not closed."""
    form = r.choice([
        "\\boxed{{}}", "\\boxed{\\text{{}}}", "\\boxed{{}", "\\boxed{5}\\boxed{{}}", "\\boxed{{}}}", "\\boxed{ {} }",
        "\\boxed{a{b}{}}", "\\boxed{}{}", "\\bo*xed{{}}", "\\boxed{{}} the answer is 5", "\\fbox{{}}", "$\\boxed{{}}$",
    ])  # fmt: skip
    return form.replace("{}", answer)


def tagged(r: Random, answer: str) -> str:
    """Tags of Search-R1, now and then more of them than it likes."""
    body = r.choice(
        ["<answer>{}</answer>", "<answer> {}\n</answer>", "<answer>{}", "{}</answer>", "<answer></answer>{}"]
    )
    body = body.replace("{}", answer)
    if r.randrange(2):
        body = r.choice(["<answer>no</answer>", "<answer>", "</answer>", "<ANSWER>x</ANSWER>", "x"]) + body
    if r.randrange(3) == 0:
        body = r.choice(["<answer>", "</answer>", "<answer>a</answer>"]) * r.choice([8, 9, 10, 11]) + body
    return body + r.choice(AFTER)


def hashed(r: Random, answer: str) -> str:
    """GSM8K's, near the edge of the last 300 characters."""
    body = r.choice(
        ["#### {}", "####{}", "#### 3\n#### {}", "### {}", "#### ${}", "{}", "####  {}", "#### {}."]
    ).replace("{}", answer)
    return (
        r.choice(BEFORE)
        + body
        + r.choice(["", ".", " .", " ", "x" * (300 - len(body) + r.randrange(-2, 6)), " , . -", "-."])
    )
