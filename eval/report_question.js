// One question: what was asked, what came of it, and the articles with what stands in them.

/** The UTF-16 offset of a number of code points. */
const unitsBefore = (text, points) => {
  let units = 0;
  for (const character of text) {
    if (points <= 0) break;
    points -= 1;
    units += character.length;
  }
  return units;
};

/** Every place of a string in a text, as [start, end] in UTF-16. */
const occurrences = (text, sought) => {
  const places = [];
  if (!sought) return places;
  for (let start = text.indexOf(sought); start >= 0; start = text.indexOf(sought, start + sought.length)) {
    places.push([start, start + sought.length]);
  }
  return places;
};

const covers = (ranges, start) => ranges.some(([from, to]) => from <= start && start < to);

/** text[from:to] in pieces: gold evidence underlined, words that answer in bold. */
const pieces = (text, from, to, gold, answering) => {
  const cuts = [from, to, ...[...gold, ...answering].flat()].filter((cut) => cut >= from && cut <= to);
  const ordered = [...new Set(cuts)].sort((a, b) => a - b);
  return ordered.slice(0, -1).map((start, index) => {
    let piece = text.slice(start, ordered[index + 1]);
    if (covers(answering, start)) piece = element("strong", {}, piece);
    return covers(gold, start) ? element("u", { class: "gold" }, piece) : piece;
  });
};

/** Citations as runs [start, end, markers, answering] in UTF-16; those that overlap are one run. */
const citedRuns = (text, citations) => {
  const runs = citations.map((citation) => {
    const [start, end] = [unitsBefore(text, citation.start), unitsBefore(text, citation.end)];
    const answering = (citation.marks ?? []).map(([from, to]) =>
      [start + unitsBefore(citation.quotation, from), start + unitsBefore(citation.quotation, to)]);
    return { start, end, markers: [citation.marker], answering };
  });
  runs.sort((a, b) => a.start - b.start || a.end - b.end);
  const joined = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && run.start < last.end) {
      last.end = Math.max(last.end, run.end);
      last.markers.push(...run.markers);
      last.answering.push(...run.answering);
    } else joined.push(run);
  }
  return joined;
};

const articleText = (text, citations, evidence) => {
  const gold = evidence.flatMap((each) => occurrences(text, each));
  const box = element("div", { class: "text", tabindex: 0, role: "region", "aria-label": "Article text",
    ...turned(text) });
  let before = 0;
  for (const { start, end, markers, answering } of citedRuns(text, citations)) {
    box.append(...pieces(text, before, start, gold, []),
      element("mark", { "data-markers": markers.join(" "), tabindex: -1 },
        pieces(text, start, end, gold, answering)),
      element("sup", {}, markers.map((marker) => element("bdi", {}, `[${marker}]`))));
    before = end;
  }
  box.append(...pieces(text, before, text.length, gold, []));
  return box;
};

const facts = (attributes, ...parts) => element("p", { class: "facts", ...attributes },
  parts.filter((part) => (part ?? "") !== "").map((part) =>
    element("span", {}, part instanceof Node ? part : inline(String(part)))));

const link = (url) => /^https?:\/\//i.test(url ?? "")
  ? element("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, "Original page") : null;

const articleCard = (row, id, citations) => {
  const gold = row.gold?.articles?.includes(id) ?? false;
  const article = articles[id];
  const known = article ?? citations[0] ?? {};
  const title = known.title || id;
  const direction = turned(title);
  const card = element("article", { class: "card article", "data-article": id },
    element("h5", direction, title),
    facts({ dir: direction.dir }, id, known.source, known.published, gold ? "gold article" : null,
      citations.length ? `cited ${citations.map((each) => `[${each.marker}]`).join(" ")}` : null,
      link(known.url)));
  if (!article) {
    card.append(element("p", { class: "quiet" }, "The report does not hold the text of this article."),
      ...citations.flatMap((each) => lines(each.quotation, "blockquote")));
    return card;
  }
  for (const each of citations) {
    const [start, end] = [unitsBefore(article.text, each.start), unitsBefore(article.text, each.end)];
    if (article.text.slice(start, end) !== each.quotation) {
      card.append(element("p", { class: "problem" },
        `Quotation [${each.marker}] is not what stands at ${each.start} to ${each.end}: `,
        inline(each.quotation)));
    }
  }
  card.append(articleText(article.text, citations, gold ? row.gold.evidence ?? [] : []));
  return card;
};

/** The articles cited and, after them, the gold articles that were not. */
const articleCards = (row) => {
  const cited = new Map();
  for (const citation of row.answer?.citations ?? []) {
    if (!cited.has(citation.article)) cited.set(citation.article, []);
    cited.get(citation.article).push(citation);
  }
  for (const id of row.gold?.articles ?? []) if (!cited.has(id)) cited.set(id, []);
  return [...cited].map(([id, citations]) => articleCard(row, id, citations));
};

const legend = () => element("p", { class: "legend" },
  element("span", {}, element("mark", {}, "quotation"), " cited by the answer"),
  element("span", {}, element("strong", {}, "words"), " that answer"),
  element("span", {}, element("u", { class: "gold" }, "gold evidence"), " a right quotation holds"));

/** Bring a quotation into sight inside its article. */
const showMark = (item, marker) => {
  const mark = [...item.querySelectorAll("mark[data-markers]")]
    .find((each) => each.dataset.markers.split(" ").includes(marker));
  mark?.scrollIntoView({ block: "center" });
  mark?.focus({ preventScroll: true });
};

const answerLines = (text, item) => text.split("\n").filter((line) => line.trim()).map((line) =>
  element("p", turned(line), line.split(/(\[\d{1,3}\])/).map((part, _, parts) => {
    if (!/^\[\d{1,3}\]$/.test(part)) {
      const short = parts.length === 3 && parts[2] === "" && /^\*\*(.+)\*\* $/.exec(part);
      return short ? element("strong", {}, `${short[1]} `) : part;
    }
    const button = element("button", { type: "button", class: "marker", dir: "ltr",
      "aria-label": `Show quotation ${part}` }, part);
    button.addEventListener("click", () => showMark(item, part.slice(1, -1)));
    return button;
  })));

const answerPart = (row, item) => {
  const part = element("section", { class: "given" }, element("h4", {}, "Answer"));
  if (row.error) part.append(element("div", { class: "problem" }, element("b", {}, "Error"), lines(row.error)));
  const answer = row.answer;
  if (!answer) {
    part.append(element("p", { class: "quiet" }, "There is no answer."));
    return part;
  }
  part.append(
    element("div", { class: "answer" }, answerLines(answer.text, item)),
    element("ul", { class: "notes" }, (answer.notes ?? []).map((note) =>
      element("li", turned(note.text), note.text))),
    facts({}, `by ${answer.llm}`, ...Object.entries(answer.seconds ?? {})
      .map(([stage, spent]) => `${stage} ${secondsText(spent)}`)));
  return part;
};

const goldPart = (row) => {
  const gold = row.gold ?? {};
  const texts = (gold.articles ?? []).map((id) => articles[id]?.text);
  const missing = (text) => texts.length > 0 && texts.every((each) => each !== undefined && !each.includes(text));
  const listed = (title, items) => [element("h5", {}, title), element("ul", {}, items)];
  return element("section", { class: "wanted" }, element("h4", {}, "Gold"),
    facts({}, `expected: ${words(row.expected)}`),
    gold.answers?.length ? listed("Accepted answers",
      gold.answers.map((text) => element("li", turned(text), text))) : null,
    gold.evidence?.length ? listed("Evidence", gold.evidence.map((text) => element("li", turned(text),
      element("span", { class: "gold" }, text),
      missing(text) ? element("small", { dir: "ltr" }, "not word for word in its articles") : null))) : null,
    gold.articles?.length ? null : element("p", { class: "quiet" }, "No article holds an answer."));
};

const conversationPart = (row) => {
  const turns = row.gold?.history ?? [];
  if (!turns.length) return null;
  return element("section", { class: "history" }, element("h4", {}, "Conversation before"),
    turns.map((turn) => element("div", { class: `turn ${turn.role === "user" ? "user" : "assistant"}` },
      element("small", { class: "quiet" }, turn.role), lines(turn.content))));
};

const metricsPart = (row) => element("details", { class: "scores" },
  element("summary", {}, "Its figures"),
  element("dl", {}, Object.entries(row.metrics ?? {}).map(([name, value]) => element("div", {},
    element("dt", {}, name),
    element("dd", {}, metric(name).unit === "s" ? secondsText(value) : valueText(value))))));

/** The details of a question, made when it is first opened. */
const fillItem = (item, row) => {
  if (item.querySelector(".body")) return;
  const cards = articleCards(row);
  item.append(element("div", { class: "body" },
    facts({}, row.file, row.held_out ? "asked without its articles" : null, row.pair ? `pair ${row.pair}` : null,
      ...(row.tags ?? []), row.gold?.as_of ? `asked as of ${row.gold.as_of}` : null,
      element("a", { href: `#${new URLSearchParams({ q: row.id })}` }, "Link to this question")),
    conversationPart(row),
    element("div", { class: "sides" }, answerPart(row, item), goldPart(row)),
    element("section", { class: "reasons" }, element("h4", {}, "Why it scored so"),
      row.reasons?.length ? element("ul", {}, row.reasons.map((reason) =>
        element("li", turned(reason), reason))) : element("p", { class: "quiet" }, "No reason was recorded."),
      metricsPart(row)),
    cards.length ? element("section", { class: "sources" }, element("h4", {}, "Articles"), legend(), cards)
      : null));
  for (const box of item.querySelectorAll(".text")) {
    const first = box.querySelector("mark, u.gold");
    if (first) box.scrollTop += first.getBoundingClientRect().top - box.getBoundingClientRect().top - 60;
  }
};

const questionItem = (row) => {
  const item = element("details", { class: "item", "data-id": row.id, "data-outcome": row.outcome },
    element("summary", {}, badge(row.outcome),
      element("span", { class: "asked", ...turned(row.question) }, row.question),
      element("span", { class: "facts" },
        [row.id, row.pair ?? row.language, row.status === row.expected ? words(row.status)
          : `${words(row.status)}, expected ${words(row.expected)}`,
          isNumber(row.probability) ? `p ${row.probability.toFixed(2)}` : null]
          .filter(Boolean).map((fact) => element("span", {}, inline(fact))))));
  item.addEventListener("toggle", () => {
    if (item.open) fillItem(item, row);
    if (item.open) opened = row.id;
    else if (opened === row.id) opened = "";
    keepAddress();
  });
  return item;
};
