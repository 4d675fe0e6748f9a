"""Seeded strings that try a tokenizer: Unicode, emoji, punctuation, white space, contractions, digits, very long, empty."""

from __future__ import annotations

import random

from tiny_sd15 import CORPUS, TRIGGER

FIXED = [
    "", " ", "   ", "\n", "\t\n\r ", "a", "A", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u00ad", "\x00", "a\x00b", "\x1f\x7f",
    TRIGGER, TRIGGER.lower(), TRIGGER.upper(), f"a photo of {TRIGGER}", f"a photo of {TRIGGER}, standing in a garden.",
    f"{TRIGGER} and {TRIGGER}", f"({TRIGGER}:1.2)", f"\"{TRIGGER}\"", "Aldric Vortex", "Vortex-9", "Vortex - 9", "vortex -9",
    "Aldric\u00a0Vortex-9  CyberNebula", "AldricVortex-9CyberNebula", "Aldric\nVortex-9\tCyberNebula", "AldricVortex\u20119",
    "it's", "IT'S", "it\u2019s", "don't can't we've they're i'll he'd i'm", "'s't're've'm'll'd", "rock'n'roll", "''''", "'S 'LL",
    "3.14159", "1,000,000", "2024-11-22", "007", "\u0663\u0664", "\u2167 \u00bd \u00b2", "12345678901234567890", "1girl", "a1b2c3",
    "caf\u00e9", "cafe\u0301", "\u00c5ngstr\u00f6m", "A\u030angstro\u0308m", "\u212b", "\ufb01nally", "\uff21\uff22\uff23", "stra\u00dfe STRASSE",
    "\u0130stanbul \u0131", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u0416\u0435\u043d\u0449\u0438\u043d\u0430", "\u4e2d\u6587\u63d0\u793a\u8bcd", "\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8", "\ud55c\uad6d\uc5b4", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u05e2\u05d1\u05e8\u05d9\u05ea",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e44\u0e17\u0e22", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "a\U0001f431b",
    "\U00010330\U00010331", "\U0001d54f", "\u0300", "e\u0301\u0301", "\u1100\u1161\u11a8", "\u2028line\u2029", "a\u0085b", "a\u200db", "a\u2060b",
    "<|startoftext|>", "<|endoftext|>", "a<|endoftext|>b", "<|ENDOFTEXT|>", "<|STARTOFTEXT|>", "x <|StartOfText|> y", "<|endoftext|", "<| endoftext |>", "<|startoftext|>a photo<|endoftext|>",
    "!!", "!!!", "...", "?!?!", "--", "---", "\u2014", "a-b", "a--b", "a_b", "a/b\\c", "@#$%^&*()", "((masterpiece)), [[low quality]]",
    "{a|b|c}", "<lora:x:1>", "\u00ab\u00bb \u201e\u201c", "\u20ac100 \u00a35 \u00a5", "\u00b0C", "\u00d7\u00f7\u00b1", "http://example.org/a?b=c&d=e", "C:\\temp\\a.png",
    "&amp; &lt;b&gt;", "<b>bold</b>", "  leading", "trailing  ", "two  spaces", "tab\tbetween", "line\nbreak", "\r\nwindows\r\n",
    "x" * 300, "ab" * 200, "a " * 100, "! " * 90, "\U0001f600" * 60, "word, " * 60, "9" * 120, "Aldric " * 80,
]

SYMBOLS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u2014\u2026\u2022\u00b7\u00a9\u00ae\u2122\u00a7\u00b6"
SPACES = [" ", "  ", "\t", "\n", "\u00a0", "\u2003", "\u3000", ""]
BLOCKS = [(0x20, 0x7e), (0xa0, 0x17f), (0x370, 0x3ff), (0x400, 0x4ff), (0x590, 0x5ff), (0x600, 0x6ff), (0x900, 0x97f), (0xe00, 0xe5b),
          (0x1e00, 0x1eff), (0x2000, 0x206f), (0x2190, 0x21ff), (0x2600, 0x26ff), (0x3040, 0x30ff), (0x4e00, 0x4fff), (0xac00, 0xadff),
          (0xff00, 0xffef), (0x1f300, 0x1f64f), (0x1f680, 0x1f6ff), (0x1d400, 0x1d4ff), (0x300, 0x36f)]


def _word(rng: random.Random, words: list[str]) -> str:
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(words)
    if kind < 0.65:
        return rng.choice(words).upper() if rng.random() < 0.5 else rng.choice(words).title()
    if kind < 0.75:
        return str(rng.randrange(10 ** rng.randrange(1, 8)))
    if kind < 0.85:
        return rng.choice(words) + rng.choice(["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'x", "'", "-", "_"]) + rng.choice(["", rng.choice(words)])
    if kind < 0.95:
        return "".join(rng.choice(SYMBOLS) for _ in range(rng.randrange(1, 5)))
    return rng.choice(TRIGGER.split())


def _unicode(rng: random.Random) -> str:
    low, high = rng.choice(BLOCKS)
    other = rng.choice(BLOCKS)
    return "".join(chr(rng.randint(low, high) if rng.random() < 0.8 else rng.randint(*other)) for _ in range(rng.randrange(1, 14)))


def strings(count: int = 1200, seed: int = 4242) -> list[str]:
    """`count` different strings, the fixed ones first."""
    rng = random.Random(seed)
    words = sorted(set(CORPUS.split()))
    found = dict.fromkeys(FIXED)
    while len(found) < count:
        kind = rng.random()
        if kind < 0.6:
            text = "".join(_word(rng, words) + rng.choice(SPACES[:1] * 12 + SPACES) for _ in range(rng.randrange(1, 14)))
        elif kind < 0.64:
            text = "".join(_word(rng, words) + rng.choice([" ", ", "]) for _ in range(rng.randrange(60, 110)))
        elif kind < 0.9:
            text = _unicode(rng)
        else:
            text = f"{_word(rng, words)} {_unicode(rng)}{rng.choice(SPACES)}{_word(rng, words)}"
        found.setdefault(text)
    return list(found)
