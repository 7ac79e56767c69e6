"""The words of the page, in Arabic and English."""

from __future__ import annotations

from dataclasses import dataclass

from index.types import Language

NAME = "Dalil · دليل"


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence that the page itself says, in one language; {…} is filled in."""

    purpose: str
    explained: str
    extent: str
    count_none: str
    count_one: str
    count_two: str
    count_few: str
    count_many: str
    on_day: str
    period: str
    other_language: str
    tab_ask: str
    tab_library: str
    tab_evaluation: str
    ask: str
    prompt: str
    send: str
    stop: str
    again: str
    new: str
    copy: str
    copied: str
    export: str
    conversation: str
    question: str
    welcome: str
    quotations: str
    no_quotations_yet: str
    no_quotations: str
    older_quotations: str
    open_article: str
    link: str
    close: str
    no_article: str
    cut: str
    whole: str
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
    filters: str
    since: str
    until: str
    article_language: str
    any_language: str
    arabic: str
    english: str
    sources: str
    answered_in: str
    as_asked: str
    llm: str
    llm_quotes: str
    llm_embedded: str
    no_day: str
    no_period: str
    sign_in: str
    key: str
    key_hint: str
    wrong_key: str


WORDS: dict[Language, Words] = {
    "ar": Words(
        purpose="اسأل مقالاتك، وكل جملة في الإجابة باقتباس يثبتها.",
        explained="اضغط رقم الاقتباس لتقرأه في مقالته. وما ليس في المقالات يُقال لك إنه ليس فيها.",
        extent="المجموعة: {extent}.",
        count_none="لا مقالات بعد",
        count_one="مقالة واحدة",
        count_two="مقالتان",
        count_few="{number} مقالات",
        count_many="{number} مقالة",
        on_day="بتاريخ {first}",
        period="من {first} إلى {last}",
        other_language="English",
        tab_ask="اسأل",
        tab_library="المكتبة",
        tab_evaluation="القياس",
        ask="سؤالك",
        prompt="اكتب سؤالك",
        send="أرسل",
        stop="أوقف",
        again="اسأل مجددا",
        new="محادثة جديدة",
        copy="انسخ مع الاقتباسات",
        copied="نُسخت الإجابة",
        export="صدّر المحادثة",
        conversation="المحادثة",
        question="السؤال",
        welcome="بمَ تريد أن نبدأ؟",
        quotations="الاقتباسات",
        no_quotations_yet="هنا تظهر الاقتباسات التي تثبت الإجابة، بعناوينها وتواريخها.",
        no_quotations="لا اقتباسات لهذا السؤال.",
        older_quotations="اقتباسات هذه الإجابة ({number})",
        open_article="اقرأه في المقالة",
        link="رابط الاقتباس",
        close="أغلق المقالة",
        no_article="ليس في المجموعة مقالة بهذا المعرّف. لعلها حُذفت؛ ابحث عنها في المكتبة.",
        cut="هذا جزء من مقالة طويلة.",
        whole="افتحها كاملة",
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
        filters="حدود البحث والإجابة",
        since="نُشرت من (\u20662023-12-31\u2069)",
        until="نُشرت إلى (\u20662023-12-31\u2069)",
        article_language="لغة المقالات",
        any_language="اللغتان",
        arabic="العربية",
        english="الإنجليزية",
        sources="المصادر",
        answered_in="لغة الإجابة",
        as_asked="لغة السؤال",
        llm="كتابة الإجابة",
        llm_quotes="اقتباسات فورية",
        llm_embedded="نموذج اللغة المرفق",
        no_day="«{typed}» ليس تاريخا. اكتبه هكذا: 2023-12-31.",
        no_period="تنتهي المدة قبل أن تبدأ: من {first} إلى {last}. بدّل التاريخين.",
        sign_in="ادخل",
        key="المفتاح",
        key_hint="هذه المجموعة محمية. اكتب المفتاح الذي أعطاك إياه صاحبها.",
        wrong_key="ليس هذا هو المفتاح. أعد كتابته كما أُعطيته.",
    ),
    "en": Words(
        purpose="Ask your articles; every sentence of the answer is proved by a quotation.",
        explained="Press a quotation's number to read it in its article. What the articles do not "
        "hold, you are told so.",
        extent="The collection: {extent}.",
        count_none="no articles yet",
        count_one="1 article",
        count_two="2 articles",
        count_few="{number} articles",
        count_many="{number} articles",
        on_day="of {first}",
        period="from {first} to {last}",
        other_language="العربية",
        tab_ask="Ask",
        tab_library="Library",
        tab_evaluation="Evaluation",
        ask="Your question",
        prompt="Type your question",
        send="Send",
        stop="Stop",
        again="Ask again",
        new="New chat",
        copy="Copy with citations",
        copied="Copied",
        export="Export the conversation",
        conversation="Conversation",
        question="Question",
        welcome="Where shall we begin?",
        quotations="Quotations",
        no_quotations_yet="The quotations that prove an answer appear here, with titles and dates.",
        no_quotations="There are no quotations for this question.",
        older_quotations="Quotations of this answer ({number})",
        open_article="Read it in the article",
        link="Link to the quotation",
        close="Close the article",
        no_article="The collection has no article with this id. It may have been removed; look for "
        "it in the library.",
        cut="This is a part of a long article.",
        whole="Open all of it",
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
        filters="Limits of the search and the answer",
        since="Published from (\u20662023-12-31\u2069)",
        until="Published until (\u20662023-12-31\u2069)",
        article_language="Language of the articles",
        any_language="Both",
        arabic="Arabic",
        english="English",
        sources="Sources",
        answered_in="Language of the answer",
        as_asked="That of the question",
        llm="Who writes",
        llm_quotes="Quotations at once",
        llm_embedded="Built-in language model",
        no_day="“{typed}” is no day. Write it like this: 2023-12-31.",
        no_period="The period ends before it begins: from {first} to {last}. Exchange the days.",
        sign_in="Sign in",
        key="Key",
        key_hint="This collection is guarded. Type the key that its owner gave you.",
        wrong_key="That is not the key. Type it again as you were given it.",
    ),
}

SAMPLE_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("grand-egyptian-museum-ar", "متى فتح المتحف المصري الكبير أبوابه للجمهور؟"),
    ("derna-verdicts-en", "How many officials went to jail because of the dams in Derna?"),
    ("morocco-earthquake-ar", "كم عدد جرحى زلزال المغرب؟"),
    ("hope-probe-en", "What scientific instruments does the Emirates Mars probe have?"),
)
"""Id of a sample article, and a question that it answers."""


def count_of_articles(number: int, language: Language) -> str:
    """How many articles, in the right number of the language."""
    words = WORDS[language]
    exact = {0: words.count_none, 1: words.count_one, 2: words.count_two}
    few = 3 <= number % 100 <= 10
    return exact.get(number, words.count_few if few else words.count_many).format(number=number)


def in_both(field: str) -> str:
    """A sentence in both languages, one below the other."""
    return f"{getattr(WORDS['ar'], field)}\n{getattr(WORDS['en'], field)}"
