"""The words of the chat page, in Arabic and English."""

from __future__ import annotations

from dataclasses import dataclass

from index.types import Language

NAME = "Dalil · دليل"


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence that the page itself says, in one language; {…} is filled in."""

    purpose: str
    extent: str
    count_none: str
    count_one: str
    count_two: str
    count_few: str
    count_many: str
    on_day: str
    period: str
    ask: str
    placeholder: str
    send: str
    stop: str
    new: str
    conversation: str
    question: str
    welcome: str
    quotations: str
    no_quotations_yet: str
    no_quotations: str
    older_quotations: str
    searching: str
    stopped: str
    by_quotations: str
    by_model: str
    seconds: str
    failed: str
    empty: str
    unexpected: str
    arriving: str
    arriving_note: str
    arrival_failed: str
    about: str


WORDS: dict[Language, Words] = {
    "ar": Words(
        purpose="اسأل مقالاتك، وكل جملة في الإجابة باقتباس يثبتها.",
        extent="المجموعة: {extent}.",
        count_none="لا مقالات بعد",
        count_one="مقالة واحدة",
        count_two="مقالتان",
        count_few="{number} مقالات",
        count_many="{number} مقالة",
        on_day="بتاريخ {first}",
        period="من {first} إلى {last}",
        ask="سؤالك",
        placeholder="اكتب سؤالك",
        send="أرسل",
        stop="أوقف",
        new="محادثة جديدة",
        conversation="المحادثة",
        question="السؤال",
        welcome="بمَ تريد أن نبدأ؟",
        quotations="الاقتباسات",
        no_quotations_yet="هنا تظهر الاقتباسات التي تثبت الإجابة، بعناوينها وتواريخها.",
        no_quotations="لا اقتباسات لهذا السؤال.",
        older_quotations="اقتباسات هذه الإجابة ({number})",
        searching="يبحث في المقالات…",
        stopped="أوقفتَ هذه الإجابة.",
        by_quotations="اقتباسات",
        by_model="نموذج اللغة: {name}",
        seconds="{seconds} ث",
        failed="تعذّر ذلك.",
        empty="لا سؤال هنا بعد. اكتب سؤالا بالعربية أو الإنجليزية ثم أرسله.",
        unexpected="حدث خطأ غير متوقع. أعد المحاولة، وإن تكرر فتفاصيله في نافذة الأوامر.",
        arriving="نموذج اللغة في الطريق: {percent}. الإجابات اقتباسات حتى يصل.",
        arriving_note="هذه اقتباسات فقط، لأن نموذج اللغة ما زال في الطريق.",
        arrival_failed="لم يصل نموذج اللغة، فالإجابات اقتباسات.",
        about="ماذا تقول المقالات عن «{title}»؟",
    ),
    "en": Words(
        purpose="Ask your articles; every sentence of the answer is proved by a quotation.",
        extent="The collection: {extent}.",
        count_none="no articles yet",
        count_one="1 article",
        count_two="2 articles",
        count_few="{number} articles",
        count_many="{number} articles",
        on_day="of {first}",
        period="from {first} to {last}",
        ask="Your question",
        placeholder="Type your question",
        send="Send",
        stop="Stop",
        new="New chat",
        conversation="Conversation",
        question="Question",
        welcome="Where shall we begin?",
        quotations="Quotations",
        no_quotations_yet="The quotations that prove an answer appear here, with titles and dates.",
        no_quotations="There are no quotations for this question.",
        older_quotations="Quotations of this answer ({number})",
        searching="Searching the articles…",
        stopped="You stopped this answer.",
        by_quotations="Quotations",
        by_model="Language model: {name}",
        seconds="{seconds} s",
        failed="That did not work.",
        empty="There is no question yet. Type one in Arabic or English and send it.",
        unexpected="Something unexpected went wrong. Try again; if it happens again, the details "
        "are in the terminal.",
        arriving="Language model on its way: {percent}. Answers are quotations until then.",
        arriving_note="These are quotations alone, because the language model is still on its way.",
        arrival_failed="The language model did not arrive, so answers are quotations.",
        about="What do the articles say about “{title}”?",
    ),
}

SAMPLE_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("grand-egyptian-museum-ar", "متى فتح المتحف المصري الكبير أبوابه للجمهور؟"),
    ("derna-verdicts-en", "How many officials went to jail because of the dams in Derna?"),
    ("morocco-earthquake-ar", "كم عدد جرحى زلزال المغرب؟"),
    ("hope-probe-en", "What scientific instruments does the Emirates Mars probe have?"),
)
"""Id of a sample article, and a question that it answers."""


def both(field: str) -> str:
    """A short text in both languages, side by side."""
    return f"{getattr(WORDS['ar'], field)} · {getattr(WORDS['en'], field)}"


def count_of_articles(number: int, language: Language) -> str:
    """How many articles, in the right number of the language."""
    words = WORDS[language]
    exact = {0: words.count_none, 1: words.count_one, 2: words.count_two}
    few = 3 <= number % 100 <= 10
    return exact.get(number, words.count_few if few else words.count_many).format(number=number)


def in_both(field: str) -> str:
    """A sentence in both languages, one below the other."""
    return f"{getattr(WORDS['ar'], field)}\n{getattr(WORDS['en'], field)}"
