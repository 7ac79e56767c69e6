// What was measured: the headline, the figures whole and by group, the plots, the configuration.

const { summary, groups, places, rows, articles } = JSON.parse(
  document.getElementById("data").textContent);

const OUTCOMES = {
  right: "✓", incomplete: "◐", wrong: "✕", refused: "–", failed: "!", message: "…", unknown: "?",
};
const at = (id) => document.getElementById(id);
const words = (name) => name.replaceAll("_", " ");
const metricsOf = groups.flatMap((group) => group.metrics);
const metric = (name) => metricsOf.find((each) => each.name === name) ?? { name, unit: "", words: "" };

/** A block of text in its own direction; each line is a block of its own. */
const lines = (text, name = "p", attributes = {}) =>
  text.split("\n").filter((line) => line.trim()).map((line) =>
    element(name, { ...attributes, ...turned(line) }, line));
const inline = (text) => element("bdi", turned(text), text);

const badge = (outcome) => element("span", { class: `badge ${outcome}` },
  element("span", { "aria-hidden": "true" }, `${OUTCOMES[outcome] ?? "·"} `), outcome);

const figure = (measured, unit) => {
  const [, value, space, rest] = /^(.*?)( (?=\[)|(?=, n )|$)(.*)$/.exec(figureText(measured, unit));
  return element("span", { class: value === "n/a" ? "figure none" : "figure" },
    element("b", {}, value), space, rest ? element("span", { class: "quiet" }, rest) : null);
};

const judgeText = () => {
  if (!summary.judge) return "by a judge that the run does not name";
  const { name, kappa, judged, failed } = summary.judge;
  const lost = failed ? `; ${failed} of ${judged + failed} answers could not be judged` : "";
  return `judged by ${name}, κ ${figureText(kappa)}${lost}`;
};
const judgeNote = (one) => one.judged ? element("small", { class: "judge" }, judgeText()) : null;

/** A name of words joined by underscores, which may break after each. */
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, index) =>
  index ? [element("wbr"), part] : [part]);

const showFigures = () => {
  for (const group of groups) {
    if (group.heading === "Headline") continue;
    at("figures-body").append(element("section", { class: "card" },
      element("h3", {}, group.heading),
      element("dl", { class: "figures" }, group.metrics.map((one) => element("div", {},
        element("dt", {}, breakable(one.name)),
        element("dd", {}, figure(summary.metrics[one.name], one.unit)),
        one.words ? element("dd", { class: "words" }, one.words) : null,
        one.judged ? element("dd", { class: "words judge" }, judgeText()) : null)))));
  }
};

const showHeadline = () => {
  const counts = Object.entries(summary.counts ?? {});
  const order = Object.keys(OUTCOMES);
  counts.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const bar = element("div", { class: "share", "aria-hidden": "true" });
  const legend = element("ul", { class: "counts" });
  for (const [outcome, count] of counts) {
    const part = element("span", { class: `fill ${outcome}` });
    part.style.flexGrow = count;
    if (count) bar.append(part);
    const button = element("button", { type: "button", class: `outcome ${outcome}`, "data-outcome": outcome },
      badge(outcome), element("b", {}, grouping.format(count)),
      element("span", { class: "quiet" }, all ? percent(count / all) : ""));
    button.addEventListener("click", () => {
      clear();
      chosen.outcome.add(outcome);
      changed();
      goTo("questions");
    });
    legend.append(element("li", {}, button));
  }
  const one = metric("crag_score");
  const headline = groups.find((group) => group.heading === "Headline")?.metrics ?? [one];
  at("headline-body").append(
    element("div", { class: "card score" },
      headline.map((each) => element("div", {}, element("h3", {}, each.name),
        element("p", { class: "big" }, figure(summary.metrics[each.name], each.unit)),
        element("p", { class: "quiet" }, each.words)))),
    element("div", { class: "card outcomes" },
      element("h3", {}, `${grouping.format(all)} questions by outcome`), bar, legend),
    ...(summary.warnings ?? []).map((warning) => element("p", { class: "problem" }, warning)));
};

const partTable = (place, parts, shown) => {
  const names = Object.keys(parts);
  const whole = [["all", summary.metrics], ...Object.entries(parts)];
  const few = names.length <= 5;
  const caption = `Figures by ${place}`;
  const cell = (measured, one) => element("td", {}, figure(measured[one.name], one.unit));
  const part = (name, scope) => element("th", { scope }, inline(name));
  const scroll = (label, ...children) => element("div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    element("table", {}, element("caption", { class: "unseen" }, label), ...children));
  if (few) {
    return scroll(caption,
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "metric"),
        whole.map(([name]) => part(name, "col")))),
      shown.map((group) => element("tbody", {},
        element("tr", { class: "heading" }, element("th",
          { scope: "rowgroup", colspan: whole.length + 1 }, group.heading)),
        group.metrics.map((one) => element("tr", {},
          element("th", { scope: "row" }, breakable(one.name), judgeNote(one)),
          whole.map(([, measured]) => cell(measured, one)))))));
  }
  return element("div", {}, shown.map((group) => [
    element("h4", {}, group.heading),
    scroll(`${caption}: ${group.heading}`,
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, place),
        group.metrics.map((one) => element("th", { scope: "col" }, breakable(one.name), judgeNote(one))))),
      element("tbody", {}, whole.map(([name, measured]) => element("tr", {}, part(name, "row"),
        group.metrics.map((one) => cell(measured, one)))))),
  ]));
};

const showParts = () => {
  for (const [index, place] of places.entries()) {
    const parts = summary.by[place];
    const used = new Set(Object.values(parts).flatMap((measured) => Object.keys(measured)));
    const shown = groups
      .map((group) => ({ ...group, metrics: group.metrics.filter((one) => used.has(one.name)) }))
      .filter((group) => group.metrics.length);
    at("parts-body").append(element("details", { class: "card part", open: index === 0, "data-place": place },
      element("summary", {}, element("h3", {}, `By ${place}`),
        element("span", { class: "quiet" }, Object.keys(parts).join(" · "))),
      shown.length ? partTable(place, parts, shown) : element("p", { class: "quiet" }, "No group here.")));
  }
};

const showPlots = () => {
  const body = at("plots-body");
  const timings = rows.map((row) => row.answer?.seconds ?? {}).filter((each) => Object.keys(each).length);
  const select = element("select", { id: "plotted" },
    metricsOf.map((one) => element("option", { value: one.name }, one.name)));
  const stages = stagesPlot(timings);
  const isLong = Object.keys(summary.by?.tag ?? {}).length > 20;
  const drawForests = () => {
    for (const place of ["pair", "tag"]) {
      const one = metric(select.value);
      const whole = summary.metrics[one.name]?.value;
      at(`plot-${place}`).replaceWith(
        forestPlot(`plot-${place}`, place, summary.by?.[place] ?? {}, one, whole));
    }
  };
  select.addEventListener("change", drawForests);
  body.append(
    element("p", { class: "control" }, element("label", { for: "plotted" }, "Metric by pair and by tag "),
      select),
    element("div", {}, element("figure", { id: "plot-pair" }), coveragePlot(summary.curves?.coverage),
      calibrationPlot(summary.curves?.calibration), isLong ? stages : null),
    element("div", {}, element("figure", { id: "plot-tag" }), latencyPlot(timings), isLong ? null : stages));
  if (metricsOf.length) drawForests();
};

const settings = (value) => {
  if (Array.isArray(value)) {
    const plain = value.every((each) => each === null || typeof each !== "object");
    if (plain) return inline(value.map(String).join(", ") || "none");
    return element("ol", {}, value.map((each) => element("li", {}, settings(each))));
  }
  if (value !== null && typeof value === "object") {
    return element("dl", { class: "settings" }, Object.entries(value).map(([key, each]) =>
      element("div", {}, element("dt", {}, inline(key)), element("dd", {}, settings(each)))));
  }
  return inline(value === null || value === "" ? "none" : String(value));
};

const showConfiguration = () => {
  const config = summary.config ?? {};
  at("configuration-body").append(
    Object.keys(config).length ? settings(config) : element("p", { class: "quiet" }, "The run recorded none."));
  const facts = Object.entries(config)
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value) && String(value).length < 60)
    .slice(0, 6).map(([key, value]) => element("span", {}, `${words(key)}: `, inline(String(value))));
  at("run").append(element("span", {}, `${grouping.format(rows.length)} questions`), ...facts);
};
