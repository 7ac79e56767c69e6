// The questions: filters, pages, and the address that keeps both

const DIMENSIONS = {
  outcome: { label: "Outcome", of: (row) => [row.outcome] },
  language: { label: "Language", of: (row) => [row.language] },
  expected: { label: "Expected", of: (row) => [row.expected] },
  pair: { label: "Pair", of: (row) => (row.pair ? [row.pair] : []) },
  asked: { label: "Asked", of: (row) => [row.held_out ? "without its articles" : "as it is"] },
  file: { label: "File", of: (row) => (row.file ? [row.file] : []) },
  tag: { label: "Tag", of: (row) => row.tags ?? [] },
};
const PAGE = 50;
const chosen = Object.fromEntries(Object.keys(DIMENSIONS).map((name) => [name, new Set()]));
const chips = [];
let sought = "";
let page = 0;
let opened = "";
let found = rows;

const haystacks = new Map();
const haystack = (row) => {
  if (!haystacks.has(row)) {
    haystacks.set(row, [row.id, row.question, row.answer?.text, row.error, ...(row.reasons ?? []),
      ...(row.gold?.answers ?? []), ...(row.gold?.articles ?? [])].join("\n").toLowerCase());
  }
  return haystacks.get(row);
};
const fits = (row, name) => {
  const wanted = chosen[name];
  return !wanted.size || DIMENSIONS[name].of(row).some((value) => wanted.has(value));
};

/** The rows that fit, and for every dimension how often each value is among what fits otherwise. */
const filtered = () => {
  const names = Object.keys(DIMENSIONS);
  const needle = sought.trim().toLowerCase();
  const tallies = Object.fromEntries(names.map((name) => [name, new Map()]));
  const fitting = rows.filter((row) => {
    if (needle && !haystack(row).includes(needle)) return false;
    const missed = names.filter((name) => !fits(row, name));
    for (const name of missed.length ? (missed.length === 1 ? missed : []) : names) {
      for (const value of DIMENSIONS[name].of(row)) {
        tallies[name].set(value, (tallies[name].get(value) ?? 0) + 1);
      }
    }
    return !missed.length;
  });
  return { fitting, tallies };
};

const hash = () => {
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(chosen)) {
    for (const value of values) parameters.append(name, value);
  }
  if (sought.trim()) parameters.set("text", sought.trim());
  if (page) parameters.set("page", page + 1);
  if (opened) parameters.set("q", opened);
  return parameters.toString();
};
const keepAddress = () => history.replaceState(null, "", `#${hash()}`);

const clear = () => {
  for (const values of Object.values(chosen)) values.clear();
  sought = "";
};

const goTo = (id) => {
  const target = at(id);
  target.scrollIntoView();
  target.focus({ preventScroll: true });
};

const changed = () => {
  page = 0;
  opened = "";
  show();
  keepAddress();
};

const showList = () => {
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  page = Math.min(page, pages - 1);
  const part = found.slice(page * PAGE, (page + 1) * PAGE);
  at("list").replaceChildren(...part.map(questionItem));
  const turn = (label, to) => {
    const button = element("button", { type: "button", disabled: to < 0 || to >= pages }, label);
    button.addEventListener("click", () => {
      page = to;
      opened = "";
      showList();
      keepAddress();
      goTo("questions");
    });
    return button;
  };
  at("pages").replaceChildren(...(pages > 1 ? [turn("Previous", page - 1),
    element("span", {}, `Page ${page + 1} of ${pages}`), turn("Next", page + 1)] : []));
};

const show = () => {
  const { fitting, tallies } = filtered();
  found = fitting;
  for (const { name, value, button, count } of chips) {
    const number = tallies[name].get(value) ?? 0;
    button.setAttribute("aria-pressed", chosen[name].has(value));
    button.classList.toggle("empty", !number);
    count.textContent = grouping.format(number);
  }
  at("text").value = sought;
  at("count").textContent = found.length
    ? `${grouping.format(found.length)} of ${grouping.format(rows.length)} questions`
    : "No question fits. Take a filter away.";
  if (chips.some(({ name, value }) => name !== "outcome" && chosen[name].has(value))) at("more").open = true;
  at("clear").hidden = !sought.trim() && Object.values(chosen).every((values) => !values.size);
  showList();
};

const chip = (name, value) => {
  const count = element("span", { class: "quiet" });
  const content = name === "outcome" ? badge(value) : inline(name === "expected" ? words(value) : value);
  const button = element("button", { type: "button", class: "chip", "data-filter": name, "data-value": value },
    content, " ", count);
  button.addEventListener("click", () => {
    if (!chosen[name].delete(value)) chosen[name].add(value);
    changed();
  });
  chips.push({ name, value, button, count });
  return button;
};

const showFilters = () => {
  const text = element("input", { id: "text", type: "search", dir: "auto", autocomplete: "off",
    placeholder: "question, answer, id, reason", "aria-label": "Search the questions" });
  let waiting = 0;
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { sought = text.value; changed(); }, 120);
  });
  const clearing = element("button", { type: "button", id: "clear" }, "Clear filters");
  clearing.addEventListener("click", () => { clear(); changed(); text.focus(); });
  const more = element("details", { id: "more", open: window.innerWidth > 760 },
    element("summary", {}, "More filters"));
  at("filters").append(element("div", { class: "seek" }, text, clearing));
  for (const [name, dimension] of Object.entries(DIMENSIONS)) {
    const values = [...new Set(rows.flatMap(dimension.of))];
    const order = name === "outcome" ? Object.keys(OUTCOMES) : [...values].sort();
    const there = order.filter((value) => values.includes(value));
    if (there.length < 2 && name !== "outcome") continue;
    const group = element("div", { class: "dimension", role: "group", "aria-label": dimension.label },
      element("span", { class: "quiet" }, dimension.label),
      element("div", { class: "chips" }, there.map((value) => chip(name, value))));
    (name === "outcome" ? at("filters") : more).append(group);
  }
  if (more.children.length > 1) at("filters").append(more);
};

/** Take filters, page and opened question from the address; anchors such as #plots are left alone. */
const readAddress = () => {
  const text = location.hash.slice(1);
  if (text && !text.includes("=")) return;
  const parameters = new URLSearchParams(text);
  for (const [name, values] of Object.entries(chosen)) {
    values.clear();
    parameters.getAll(name).forEach((value) => values.add(value));
  }
  sought = parameters.get("text") ?? "";
  page = Math.max(0, (Number.parseInt(parameters.get("page"), 10) || 1) - 1);
  opened = parameters.get("q") ?? "";
  const row = rows.find((each) => each.id === opened);
  if (row && !filtered().fitting.includes(row)) clear();
  if (row) page = Math.floor(filtered().fitting.indexOf(row) / PAGE);
  show();
  if (row) {
    const item = [...at("list").children].find((each) => each.dataset.id === opened);
    item.open = true;
    fillItem(item, row);
    item.scrollIntoView();
    item.querySelector("summary").focus({ preventScroll: true });
  } else if (opened) {
    at("count").textContent = `No question has the id ${opened}.`;
    goTo("questions");
  }
};

const start = () => {
  showConfiguration();
  showHeadline();
  showFigures();
  showParts();
  showPlots();
  showFilters();
  show();
  readAddress();
  window.addEventListener("hashchange", readAddress);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || link.hash.includes("=")) return;
    event.preventDefault();
    goTo(link.hash.slice(1));
  });
  const closed = () => document.querySelectorAll("details.part:not([open])");
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    unfolded = [...closed()];
    unfolded.forEach((each) => { each.open = true; });
  });
  window.addEventListener("afterprint", () => unfolded.forEach((each) => { each.open = false; }));
};

start();
