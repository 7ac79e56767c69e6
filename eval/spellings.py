"""Makes the list of common spellings that questions are read with.

    python -m eval.spellings FREQUENCIES…

Each of the files holds a word, a tab and its frequency on every line. The list of the project was
made from the Arabic and English lists of wordfreq 3.1.1 (Robyn Speer; CC BY-SA 4.0):

    python -c "from wordfreq import get_frequency_dict as words
    for item in words('ar', 'large').items(): print(*item, sep='\\t')"
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from index.text import ARABIC_LETTER, fold

TARGET = Path(__file__).parents[1] / "index" / "spellings.txt"
LEAST_FREQUENCY = 5e-6
"""Of all words of running text, what a word makes up in all of its spellings to be listed."""

LEAST_SHARE = 0.05
"""The share of a word's uses that makes a second spelling one of another word."""

NAMES = frozenset({"علي"})
"""What looks like a careless spelling of another word (على) and is a name."""

_HEADER = """\
# Common Arabic and English words as most people spell them, the commonest first. From the word
# lists of wordfreq 3.1.1 by Robyn Speer (https://github.com/rspeer/wordfreq), which is under the
# Creative Commons Attribution-ShareAlike 4.0 licence (https://creativecommons.org/licenses/by-sa/4.0/);
# so is this file. Made by eval/spellings.py: rare words and careless spellings are left out.
"""
_LETTER = re.compile(rf"[a-z]|{ARABIC_LETTER.pattern}")
_CARELESS = str.maketrans("أإآةى", "اااهي")


def listed(frequencies: Mapping[str, float]) -> list[str]:
    """The spellings to list, the commonest first, of words that are common in all their spellings.

    Of a word's spellings the commonest is taken, and those that are common too and differ by more
    than care: أن and إن are two words, اين is a careless أين and إسم a mistaken اسم.
    """
    spelt: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for word, frequency in frequencies.items():
        if len(word) > 1 and all(map(_LETTER.match, word)):
            spelt[fold(word)][word] = frequency
    taken = []
    for uses in spelt.values():
        whole = sum(uses.values())
        best = max(uses, key=uses.__getitem__)
        if whole >= LEAST_FREQUENCY:
            taken += [
                word
                for word, frequency in uses.items()
                if word == best or (frequency >= LEAST_SHARE * whole and _another(word, best))
            ]
    return sorted(taken, key=lambda word: (-frequencies[word], word))


def _another(word: str, best: str) -> bool:
    return word in NAMES or any(map(_differ, word, best))


def _differ(letter: str, other: str) -> bool:
    """Whether neither letter is what people type for the other without care."""
    pair = {letter, other}
    return pair != {"ي", "ى"} and len(pair | {each.translate(_CARELESS) for each in pair}) > 2


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(prog="python -m eval.spellings")
    parser.add_argument("frequencies", type=Path, nargs="+")
    frequencies: dict[str, float] = {}
    for path in parser.parse_args().frequencies:
        for line in path.read_text("utf-8").splitlines():
            word, value = line.split("\t")  # a list of English words holds a few Arabic ones, too
            frequencies[word] = max(float(value), frequencies.get(word, 0.0))
    TARGET.write_text(_HEADER + "\n".join(listed(frequencies)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
