"""Boilerplate out of one scraped article, line by line; its own sentences stay letter for letter.

A line goes only when the whole of it is boilerplate, so "وذكر المصدر أن…" stays and "المصدر:
رويترز" goes. In doubt a line stays: lines that repeat across a site are kept out of the evidence
elsewhere. Patterns see the line in one spelling (`_spelled`): alefs without hamza, ه for ة, ي for
ى, no vowel signs, Latin digits, small letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from index.types import RawArticle

LONGEST_LINE = 400
"""The longest line, in letters, that can be boilerplate."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The title and text to store.

    `truncated` is true where a paywall line was found; `hidden` counts the invisible characters
    removed from title and text. `text` is "" where nothing but boilerplate was there.
    """

    title: str
    text: str
    truncated: bool
    hidden: int


_NAMES = "|".join(
    (
        r"[اأ][ .]{0,2}ف[ .]{1,2}ب\.?|د[ .]{1,2}ب[ .]{1,2}[اأ]\.?|[اأ][ .]{1,2}ب\.?",
        r"نوفا|رويترز|فرانس برس|[اأ]سوشيتد ?برس|ال[اأ]ناضول|سبوتنيك|شينخوا|تاس|[اأ]نسا|[آا]كي",
        r"وكالات|وام|واس|وال|كونا|قنا|بترا|سانا",
        r"reuters|afp|ap|dpa|epa|ansa|tass|upi|xinhua|(?:agenzia )?nova|associated press",
        r"anadolu(?: agency)?|getty(?: images)?",
    )
)
_AGENCY = rf"(?<!\w)(?:(?:وكال[ةه] )?(?:{_NAMES}))(?!\w)"
_NETWORK = (
    r"(?:فيسبوك|فايسبوك|تويتر|اكس|واتس ?اب|تلغرام|تليغرام|تيليجرام|تليجرام|انستغرام|انستجرام|يوتيوب"
    r"|تيك ?توك|لينكد|غوغل|جوجل|صفحتنا|صفحاتنا|حسابنا|حساباتنا|قناتنا|قنواتنا|التواصل الاجتماعي"
    r"|facebook|twitter|x|whatsapp|telegram|instagram|youtube|tiktok|linkedin|google|social media)"
)
_NETWORKS = rf"{_NETWORK}(?:[\s،,/|و]+{_NETWORK})*\W*"
_MORE = r"\s?\.{0,3}(?:\s?[:|»›>–—-]+\s?.{0,160})?"
_PIECE = r"(?:المقال|المقاله|الخبر|الموضوع|التدوينه|الصفحه)"


def _table(*rows: tuple[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for _, pattern in rows))


# The whole line, where it is not a sentence.
_LINES = _table(
    ("المصدر: رويترز", rf"(?:المصدر|المصادر|مصدر الخبر)(?:\s?[:|/–—-]\s?.{{0,45}}|\s{_AGENCY})?"),
    ("Source: Reuters", r"source(?:\s?:\s?\S{1,30}(?: \S{1,30}){0,5})?"),
    ("اقرأ أيضا: …", rf"(?:اقرا|اقراوا|اقرؤوا|طالع|شاهد|تابع|انظر) (?:ايضا|المزيد|كذلك){_MORE}"),
    (
        "Read more: …",
        rf"(?:(?:read|see|watch) (?:more|also|next)|also read|continue reading){_MORE}",
    ),
    ("مواضيع ذات صلة", rf"(?:مواضيع|موضوعات|اخبار|مقالات) (?:ذات صله|متعلقه|مشابهه){_MORE}"),
    ("قد يهمك أيضا", rf"قد (?:يهمك|يعجبك)(?: ايضا)?{_MORE}"),
    ("Related: …", rf"related(?: (?:articles?|stories|story|news|posts?|topics?|content))?{_MORE}"),
    ("You may also like", rf"you (?:may|might) also like{_MORE}"),
    ("للمزيد…", rf"ل(?:ل|قراءه ال)?مزيد(?: من (?:الاخبار|التفاصيل|المعلومات))?{_MORE}"),
    ("كلمات مفتاحية: …", r"(?:ال)?كلمات (?:ال)?(?:مفتاحيه|دلاليه|دليليه)(?:\s?:.{0,200})?"),
    ("الوسوم: …", r"(?:ال)?وسوم(?:\s?:.{0,200})?"),
    ("Tags: …", r"(?:tags|tagged(?: with)?|keywords|filed under)(?:\s?:.{0,200})?"),
    ("#ليبيا #روسيا", r"(?:#(?=\w*[^\W\d_])\w+[\s,،|]*)+"),
    ("Photo: …", r"(?:photos?|image|picture)(?: credits?| by| courtesy of)?\s?:\s?.{1,100}"),
    ("Image credit", r"(?:photo|image|picture) credits?"),
    ("Photo by …", r"(?:photo|image|picture) (?:by|courtesy of)(?: \S{1,30}){1,5}"),
    ("صورة: …", r"(?:ال)?(?:صوره|تصوير|عدسه)\s?:\s?.{1,80}"),
)

# The whole line, also where it ends in a full stop.
_CALLS = _table(
    ("[ad_1]", r"(?:\[ad_\d+\]? ?)+"),
    (
        "للمزيد اضغط هنا",
        r"ل(?:ل|قراءه ال)?مزيد(?: \w{1,20}){0,4}،? (?:اضغط|انقر|زوروا|تابعونا) .{1,60}",
    ),
    ("تابعونا على …", rf"تابعونا(?: (?:علي|عبر))?(?: .{{0,40}}{_NETWORK}.{{0,60}})?\W*"),
    ("تابعنا على فيسبوك", rf"تابعو?ن?ا (?:(?:علي|عبر) )?{_NETWORKS}"),
    ("Follow us on X", rf"follow us(?: on (?:.{{0,40}}\W)?{_NETWORK}(?:\W.{{0,60}})?)?[:.!]?"),
    (
        "شارك المقال على فيسبوك",
        rf"(?:شارك|مشاركه|انشر)(?: هذا| هذه)?(?: {_PIECE})?"
        rf"(?: (?:علي|عبر) {_NETWORKS})?\W*",
    ),
    (
        "Share this article on X",
        r"share(?: this| the)?(?: (?:article|story|post|page|news))?"
        rf"(?: (?:on|via) {_NETWORK}(?:\W.{{0,40}})?)?\s?[:.!]?",
    ),
    (
        "اشترك في نشرتنا البريدية",
        r"(?:اشترك(?:وا)?|سجل)(?: الان)? (?:في |الي )?(?:نشرتنا|ب?النشره|قائمتنا|ب?القائمه|قناتنا)"
        r"(?: (?:البريديه|الاخباريه|اليوميه))*\W*",
    ),
    (
        "Subscribe to our newsletter",
        r"(?:subscribe to|sign up (?:for|to)) (?:our|the)(?: \w{1,20}){0,3} newsletters?"
        r"(?: here| now| today)?\W*",
    ),
    ("Advertisement", r"advertise?ments?(?:\s?[–—-]\s?(?:continue|scroll).{0,40})?\W*"),
    ("إعلان", r"اعلان(?:ات| ممول)?"),
    ("© 2023 …", r"(?:©.{0,60})?(?:all rights reserved|جميع الحقوق محفوظه).{0,60}"),
    ("FILE PHOTO: …", r"file photo\s?:.*"),
)

# Anywhere in a line that does not end as a sentence does.
_CAPTIONS = _table(
    ("… / أ ف ب", rf"[/©]\s?{_AGENCY}[)\]]?$"),
    ("© AFP", r"©\s?\S.{0,60}$"),
    ("Getty Images", r"(?<!\w)getty images[)\]]?$"),
    ("REUTERS/John Smith", r"(?<!\w)(?:reuters|afp|epa|ap photo)\s?/\s?[\w .'-]{2,40}$"),
    ("[File: Reuters]", rf"\[[^\[\]]{{0,60}}{_AGENCY}[^\[\]]{{0,20}}\]$"),
    ("(يسار) … رويترز", rf"\((?:[^()]{{0,9}}(?:يسار|يمين|وسط|left|right)|l|r)\).*{_AGENCY}\)?$"),
    ("صورة أرشيفية … رويترز", rf"(?:صوره ارشيفيه|\(ارشيف\w*\)|file photo).*{_AGENCY}\)?$"),
    (
        "صورة من صفحة …",
        r"(?:^|[.،:(–—-]\s?)صوره من (?:صفح|موقع|حساب|ارشيف|الارشيف|وكاله|فيديو|مقطع|فيسبوك|تويتر"
        rf"|{_AGENCY})",
    ),
    ("تصوير: …", r"(?<!\w)(?:تصوير|عدسه)\s?:.{1,40}$"),
    ("(Photo by …)", r"\((?:photo|image|picture|صوره)(?: by|\s?:)[^()]{1,60}\)$"),
    ("FILE PHOTO", r"(?<!\w)file photo$"),
)

# The whole line; it says that the publisher cut the article.
_PAYWALLS = _table(
    ("لديك 31.43% من هذه المقالة", r"لديك .{1,14} من هذه? المقاله? (?:متبق|لل).{0,80}"),
    ("والباقي للمشتركين فقط", r"و?ال(?:باقي|بقيه) (?:مخصصه? )?للمشتركين(?: فقط)?\W*"),
    (
        "هذا المحتوى للمشتركين فقط",
        r"(?:هذا|هذه) (?:المحتوي|المقال|المقاله|الماده|الموضوع|الصفحه)"
        r" (?:(?:متاحه?|مخصصه?|حصريه?|فقط) ){0,2}للمشتركين(?: فقط)?\W*",
    ),
    ("للمشتركين فقط", r"للمشتركين فقط\W*"),
    (
        "اشترك لمواصلة القراءة",
        r"(?:اشترك(?:وا)?|سجل(?:وا)?(?: الدخول)?)(?: الان)? (?:ل|كي |حتي )\w{2,12}"
        r" (?:بقيه |باقي )?(?:ال)?(?:قراءه|مقاله?|محتوي)(?: كامل\w{0,2})?\W*",
    ),
    ("You have 31% of this article", r"you have .{1,14} of this (?:article|story) left.{0,80}"),
    ("The rest is for subscribers", r"the rest (?:\w+ ){0,3}is for subscribers(?: only)?\W*"),
    (
        "This article is for subscribers only",
        r"this (?:article|content|story|page) is (?:(?:only|available|reserved|exclusively) ){0,3}"
        r"(?:for|to) subscribers(?: only)?\W*",
    ),
    ("Subscribers only", r"(?:for )?subscribers only\W*"),
    (
        "Subscribe to continue reading",
        r"(?:subscribe|log in|sign in|register)(?: now| today)? to"
        r" (?:(?:continue|keep) reading|(?:read|unlock) (?:the (?:full|rest)|this)).{0,60}",
    ),
    (
        "To continue reading, subscribe",
        r"to (?:continue|keep) reading,? (?:please )?(?:subscribe|log in|sign in|register).{0,60}",
    ),
)

# The paywall's sentences glued to the end of a paragraph, as `_PAYWALLS` would see them alone.
_PAYWALL_END = re.compile(
    r"(?:^|(?<=[\s.!?؟…”\"»)\]]))"
    r"(?:لديك [\d.,٫٪%\s]{2,14} ?من هذه المقالة متبقية للقراءة\.?(?:\s?والباقي للمشتركين فقط\.?)?"
    r"|You have [\d.,%\s]{2,14} ?of this article left to read\."
    r"(?:\s?The rest is for subscribers only\.?)?)$"
)
_LONGEST_PAYWALL = 120
_SHORTCODE = re.compile(r"(?:[ \t]?\[ad_\d+\]?[ \t]?)+", re.I)

# At the very start of the text. "نوفا - وهي وكالة -" and "AFP - the agency -" begin a sentence.
_PREFIX = re.compile(
    rf"\A(?:\s?\(?{_AGENCY}\)?\s?(?:[–—-]+\s+(?!(?:وهي|وهو|التي|الذي)\s|(?-i:[a-z]))|[–—-]*\s*$))+",
    re.I,
)

_INVISIBLE = re.compile(
    r"[\u00AD\u034F\u061C\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF"
    r"\u115F\u1160\u17B4\u17B5\u3164\uFFA0\U000E0000-\U000E007F\U000E0100-\U000E01EF]"
    r"|[\uFE00-\uFE0F]{2,}"
)
_JOINERS = re.compile(r"[\u200C\u200D]+")
_ENDS = re.compile(r"""[.!?؟۔][\s"'”’»)\]]*$""")
_FULL_STOP = re.compile(r"""(?<!\.)[.۔][\s"'”’»)\]]*$""")
_FEWEST_WORDS = 4
_SPELLING = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ة": "ه",
        "ـ": None,
        **{chr(0x0660 + digit): str(digit) for digit in range(10)},
        **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
    }
)


def clean(raw: RawArticle) -> Cleaned:
    """The article without boilerplate and invisible characters; cleaning again changes nothing.

    It depends on this article alone. Lines that repeat the title go, unless nothing but the title
    is there. Other than that only trailing spaces and runs of blank lines change.
    """
    title, hidden_in_title = _visible(raw.title)
    text, hidden_in_text = _visible(raw.text)
    lines = [_without_shortcodes(line) for line in text.split("\n")]
    opened = [_without_paywall(line) for line in lines]
    kept, walled = _own_lines(opened, _letters(title))
    if not any(character.isalpha() for line in kept for character in line):
        kept, walled = _own_lines(opened, "")
    return Cleaned(
        title=title.strip(),
        text="\n".join(kept),
        truncated=walled or opened != lines,
        hidden=hidden_in_title + hidden_in_text,
    )


def boilerplate(line: str) -> str:
    """The kind of boilerplate that `line` is: "paywall", "caption" or "line", else ""."""
    if len(line) > LONGEST_LINE or not (spelled := _spelled(line)):
        return ""
    if _PAYWALLS.fullmatch(spelled):
        return "paywall"
    if _CALLS.fullmatch(spelled):
        return "line"
    if not _ENDS.search(spelled) and _CAPTIONS.search(spelled):
        return "caption"
    is_sentence = _FULL_STOP.search(spelled) and len(spelled.split()) >= _FEWEST_WORDS
    return "line" if not is_sentence and _LINES.fullmatch(spelled) else ""


def without_agency(line: str) -> str:
    """The first line of a text without the name of the news agency that it begins with.

    "نوفا - قال" becomes "قال"; a dateline with a city ("CAIRO (Reuters) - ") stays.
    """
    return _PREFIX.sub("", line)


def visible(text: str) -> str:
    """`text` without invisible characters; those that join letters stay."""
    return _visible(text)[0]


def _own_lines(lines: list[str], title: str) -> tuple[list[str], bool]:
    """The lines that are not boilerplate, and whether one of the others was a paywall's.

    `title` is spelled by `_letters`; blank lines are single, none at either end.
    """
    kept: list[str] = []
    walled = False
    for line in lines:
        own = line if kept else without_agency(line)
        kind = boilerplate(own)
        walled = walled or kind == "paywall"
        repeats = bool(title) and len(own) <= LONGEST_LINE and _letters(own) == title
        if not (kind or repeats) and (own or (kept and kept[-1])):
            kept.append(own)
    while kept and not kept[-1]:
        kept.pop()
    return kept, walled


def _visible(text: str) -> tuple[str, int]:
    """`text` without invisible characters, and how many there were."""
    shown = _JOINERS.sub(_joiner, _INVISIBLE.sub("", text))
    return shown, len(text) - len(shown)


def _joiner(found: re.Match[str]) -> str:
    """One joiner between two letters or signs that join (می‌شود, a family emoji), else nothing."""
    before = found.string[found.start() - 1 : found.start()]
    after = found.string[found.end() : found.end() + 1]
    return found[0][0] if _joins(before) and _joins(after) else ""


def _joins(character: str) -> bool:
    """Whether a joiner beside `character` changes how it is drawn; it never does in Latin."""
    return character >= "\u0600" and unicodedata.category(character)[:1] in "LMS"


def _without_shortcodes(line: str) -> str:
    shorter = _SHORTCODE.sub(" ", line)
    return line.rstrip() if shorter == line else shorter.strip()


def _without_paywall(line: str) -> str:
    end = len(line)
    while found := _PAYWALL_END.search(line, max(0, end - _LONGEST_PAYWALL), end):
        end = found.start()
        while end and line[end - 1].isspace():
            end -= 1
    return line[:end]


def _spelled(line: str) -> str:
    """`line` in the one spelling that the patterns are written in."""
    composed = unicodedata.normalize("NFKC", line).translate(_SPELLING)
    letters = (letter for letter in composed if unicodedata.category(letter) != "Mn")
    return " ".join("".join(letters).lower().split()).lstrip("-*•>»–— ")


def _letters(line: str) -> str:
    """The letters and digits of `line` alone, in one spelling."""
    return "".join(letter for letter in _spelled(line) if letter.isalnum())
