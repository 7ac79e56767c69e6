// Elements, words and plots: what the report is made of. Text goes into text nodes, never into HTML.

const SVG = "http://www.w3.org/2000/svg";
const STEERING = /[\u0000-\u0008\u000B-\u001F\u007F\u202A-\u202E\u2066-\u2069]/g;
const ARABIC = /[\u0620-\u064A\u0671-\u06D3\u06FA-\u06FF\u0750-\u077F\uFB50-\uFDFB\uFE70-\uFEFC]/g;
const LETTER = /\p{L}/gu;

const fill = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === "") continue;
    const isNode = child instanceof Node;
    node.append(isNode ? child : String(child).replace(STEERING, ""));
  }
  return node;
};

/** An HTML element; children are elements or text. */
const element = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

/** An SVG element. */
const shape = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

/** The direction of a text by the script that is its larger part; "auto" without letters. */
const turned = (text) => {
  const letters = (text.match(LETTER) ?? []).length;
  if (!letters) return { dir: "auto" };
  const arabic = (text.match(ARABIC) ?? []).length;
  return arabic * 2 > letters ? { dir: "rtl", lang: "ar" } : { dir: "ltr", lang: "en" };
};

const isNumber = (value) => typeof value === "number";
const grouping = new Intl.NumberFormat("en");

/** A measured value: three decimals, seconds shorter as they grow, "n/a" for null. */
const valueText = (value, unit = "") => {
  if (!isNumber(value)) return "n/a";
  const digits = unit !== "s" || value < 1 ? 3 : value < 10 ? 2 : 1;
  return value.toFixed(digits).replace("-", "−");
};
const secondsText = (value) => (isNumber(value) ? `${valueText(value, "s")} s` : "n/a");

/** "0.812 [0.790, 0.834], n 302" */
const figureText = (measured, unit = "") => {
  const { value = null, low = null, high = null, n = null } = measured ?? {};
  let text = unit === "s" ? secondsText(value) : valueText(value);
  if (isNumber(value) && isNumber(low) && isNumber(high)) {
    text += ` [${valueText(low, unit)}, ${valueText(high, unit)}]`;
  }
  return n === null ? text : `${text}, n ${n}`;
};

const percent = (share) => `${Math.round(100 * share)}%`;
const scale = (from, to, start, end) => (value) =>
  start + ((value - from) / (to - from || 1)) * (end - start);

/** About `count` round steps that cover 0 to `most`. */
const steps = (most, count = 5) => {
  const rough = (most || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= rough * 0.999) * power;
  const last = Math.ceil((most || 1) / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
};
const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** A table of headings and rows of text; the first cell of each row names it. */
const table = (caption, headings, rows) =>
  element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element("table", {},
      element("caption", { class: "unseen" }, caption),
      element("thead", {}, element("tr", {},
        headings.map((heading) => element("th", { scope: "col" }, heading)))),
      element("tbody", {}, rows.map(([first, ...rest]) => element("tr", {},
        element("th", { scope: "row" }, first), rest.map((cell) => element("td", {}, cell)))))));

/** A figure that draws itself anew when its width changes; `draw(width)` gives the SVG's parts. */
const plot = ({ id, title, note, label, draw, height, headings, rows }) => {
  const holder = element("div", { class: "drawing" });
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(holder.clientWidth);
    if (!width || width === drawn) return;
    drawn = width;
    const size = { viewBox: `0 0 ${width} ${height}`, width, height };
    holder.replaceChildren(
      shape("svg", { ...size, role: "img", "aria-label": label }, draw(width, height)));
  };
  new ResizeObserver(redraw).observe(holder);
  return element("figure", { id, class: "card plot" },
    element("figcaption", {}, element("h3", {}, title), note && element("p", { class: "quiet" }, note)),
    holder,
    element("details", { class: "numbers" },
      element("summary", {}, "As a table"), table(title, headings, rows)));
};

const emptyPlot = (id, title, why) =>
  element("figure", { id, class: "card plot" },
    element("figcaption", {}, element("h3", {}, title)), element("p", { class: "quiet" }, why));

/** Axes with their ticks and labels. `x` and `y` are {ticks, text, label}; gives parts and scales. */
const axes = (width, height, x, y) => {
  const [left, right, top, bottom] = [56, width - 14, 12, height - 46];
  const across = scale(x.ticks[0], x.ticks.at(-1), left, right);
  const up = scale(y.ticks[0], y.ticks.at(-1), bottom, top);
  const parts = [
    y.ticks.map((tick) => [
      shape("line", { class: "grid", x1: left, x2: right, y1: up(tick), y2: up(tick) }),
      shape("text", { class: "tick", x: left - 8, y: up(tick) + 4, "text-anchor": "end" }, y.text(tick)),
    ]),
    x.ticks.map((tick) => shape("text",
      { class: "tick", x: across(tick), y: bottom + 18, "text-anchor": "middle" }, x.text(tick))),
    shape("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    shape("text", { class: "axis-label", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" },
      x.label),
    shape("text", { class: "axis-label", "text-anchor": "middle",
      transform: `translate(14 ${(top + bottom) / 2}) rotate(-90)` }, y.label),
  ].flat(2);
  return { parts, across, up, left, right, top, bottom };
};

const LINE = 28;
const forestHeight = (rows) => rows.length * LINE + 72;

/** Rows of {name, value, low, high, n} over ticks, with a line where the whole stands. */
const forest = (rows, { ticks, unit, axis, side, head = "value, n", whole }) => (width, height) => {
  const longest = Math.max(...rows.map((row) => row.name.length), side.length);
  const left = Math.min(longest * 7.4 + 14, width * 0.34);
  const most = Math.floor((left - 14) / 7.4);
  const right = width - 104;
  const across = scale(ticks[0], ticks.at(-1), left, right);
  const bottom = height - 46;
  const parts = [
    shape("text", { class: "axis-label", x: left - 10, y: 14, "text-anchor": "end" }, side),
    shape("text", { class: "axis-label", x: right + 14, y: 14 }, head),
    ticks.map((tick) => [
      shape("line", { class: "grid", x1: across(tick), x2: across(tick), y1: 22, y2: bottom }),
      shape("text", { class: "tick", x: across(tick), y: bottom + 18, "text-anchor": "middle" },
        String(tick).replace("-", "−")),
    ]),
    shape("text", { class: "axis-label", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" },
      axis),
  ];
  if (isNumber(whole)) {
    parts.push(shape("line", { class: "whole", x1: across(whole), x2: across(whole), y1: 22, y2: bottom }));
  }
  rows.forEach((row, index) => {
    const y = 22 + (index + 0.5) * LINE;
    const name = row.name.length > most ? `${row.name.slice(0, most - 1)}…` : row.name;
    parts.push(shape("text", { class: "name", x: left - 10, y: y + 4, "text-anchor": "end" }, name));
    parts.push(shape("text", { class: "tick", x: right + 14, y: y + 4 },
      `${valueText(row.value, unit)}, ${row.n ?? 0}`));
    if (!isNumber(row.value)) return;
    if (isNumber(row.low) && isNumber(row.high)) {
      parts.push(shape("line", { class: "interval", x1: across(row.low), x2: across(row.high), y1: y, y2: y }));
    }
    parts.push(shape("circle", { class: "dot", cx: across(row.value), cy: y, r: 4.5 }));
  });
  return parts.flat(2);
};

/** Round ticks that hold every value and interval of a forest. */
const forestTicks = (rows, name, unit) => {
  const values = rows.flatMap((row) => [row.value, row.low, row.high]).filter(isNumber);
  if (unit === "s") return steps(Math.max(0, ...values), 4);
  if (name === "crag_score" || Math.min(0, ...values) < 0) return [-1, -0.5, 0, 0.5, 1];
  return Math.max(0, ...values) <= 1 ? [0, 0.25, 0.5, 0.75, 1] : steps(Math.max(...values), 4);
};

/** One metric for every part of a place, such as every tag. */
const forestPlot = (id, place, parts, metric, whole) => {
  const title = `${metric.name} by ${place}`;
  const rows = Object.entries(parts)
    .map(([name, measured]) => ({ name, ...(measured[metric.name] ?? { value: null, n: 0 }) }));
  if (!rows.length) return emptyPlot(id, title, `No question has a ${place}.`);
  const there = rows.filter((row) => isNumber(row.value));
  return plot({
    id, title,
    note: isNumber(whole)
      ? `Dot and bar: value and interval. Dashed: all questions, ${valueText(whole, metric.unit)}.`
      : "Dot and bar: value and interval.",
    label: `Forest plot of ${title}: ${there.map((row) => `${row.name} ${figureText(row, metric.unit)}`).join("; ")
      || "no value"}.`,
    height: forestHeight(rows),
    draw: forest(rows, {
      ticks: forestTicks([...rows, { value: whole }], metric.name, metric.unit),
      unit: metric.unit, axis: metric.unit === "s" ? `${metric.name}, seconds` : metric.name,
      side: place, whole,
    }),
    headings: [place, metric.name],
    rows: rows.map((row) => [row.name, figureText(row, metric.unit)]),
  });
};

const coveragePlot = (curve) => {
  const title = "Coverage and correctness";
  if (!curve?.length) return emptyPlot("plot-coverage", title, "No curve was measured.");
  const [coverage, share] = curve.at(-1);
  const kept = curve.filter((_, index) => index === curve.length - 1 ||
    index % Math.ceil(curve.length / 12) === 0);
  return plot({
    id: "plot-coverage", title, height: 300,
    note: "The share that is right as more questions are answered, the surest first.",
    label: `Curve of the share right against coverage; at coverage ${percent(coverage)} ` +
      `${percent(share)} are right.`,
    draw: (width, height) => {
      const { parts, across, up } = axes(width, height,
        { ticks: SHARES, text: percent, label: "coverage: share of questions answered" },
        { ticks: SHARES, text: percent, label: "share right" });
      const points = curve.map(([x, y]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(" ");
      return [...parts, shape("polyline", { class: "curve", points }),
        shape("circle", { class: "dot", cx: across(coverage), cy: up(share), r: 4.5 })];
    },
    headings: ["coverage", "share right"],
    rows: kept.map(([x, y]) => [valueText(x), valueText(y)]),
  });
};

const calibrationPlot = (bins) => {
  const title = "Calibration";
  if (!bins?.length) return emptyPlot("plot-calibration", title, "No probability was measured.");
  const most = Math.max(...bins.map((bin) => bin.n));
  return plot({
    id: "plot-calibration", title, height: 300,
    note: "Dashed: perfect calibration. A dot's area is its number of questions.",
    label: "Reliability diagram: " + bins.map((bin) =>
      `probability ${valueText(bin.probability)}, observed ${valueText(bin.share)}, n ${bin.n}`).join("; ") + ".",
    draw: (width, height) => {
      const { parts, across, up } = axes(width, height,
        { ticks: SHARES, text: String, label: "mean probability" },
        { ticks: SHARES, text: String, label: "observed share" });
      const points = bins.map((bin) => `${across(bin.probability)},${up(bin.share)}`).join(" ");
      return [...parts,
        shape("line", { class: "whole", x1: across(0), y1: up(0), x2: across(1), y2: up(1) }),
        shape("polyline", { class: "curve thin", points }),
        bins.map((bin) => [
          shape("circle", { class: "dot", cx: across(bin.probability), cy: up(bin.share),
            r: 3 + 6 * Math.sqrt(bin.n / most) }),
          shape("text", { class: "tick", x: across(bin.probability),
            y: up(bin.share) + (bin.share > 0.85 ? 24 : -13), "text-anchor": "middle" }, bin.n),
        ]).flat(),
      ].flat();
    },
    headings: ["mean probability", "observed share", "n"],
    rows: bins.map((bin) => [valueText(bin.probability), valueText(bin.share), bin.n]),
  });
};

const sorted = (values) => Float64Array.from(values).sort();
const quantile = (ordered, share) => {
  const place = share * (ordered.length - 1);
  const [below, above] = [ordered[Math.floor(place)], ordered[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
};
const totalSeconds = (seconds) =>
  seconds.total ?? Object.values(seconds).reduce((sum, each) => sum + each, 0);

/** How long whole answers took; what is slower than the 99th percentile shares the last bar. */
const latencyPlot = (timings) => {
  const title = "Seconds to an answer";
  const totals = sorted(timings.map(totalSeconds));
  if (!totals.length) return emptyPlot("plot-latency", title, "No time was measured.");
  const ticks = steps(quantile(totals, 0.99));
  const bins = (ticks.length - 1) * 4;
  const size = ticks.at(-1) / bins;
  const counts = Array(bins).fill(0);
  let beyond = 0;
  for (const total of totals) {
    const bin = Math.floor(total / size);
    if (total > ticks.at(-1)) beyond += 1;
    counts[Math.min(bin, bins - 1)] += 1;
  }
  const [median, high] = [quantile(totals, 0.5), quantile(totals, 0.95)];
  const from = (bin) => valueText(bin * size, "s");
  return plot({
    id: "plot-latency", title, height: 300,
    note: `Median ${secondsText(median)}, 95th percentile ${secondsText(high)}, n ${totals.length}.` +
      (beyond ? ` The last bar holds ${beyond} beyond ${secondsText(ticks.at(-1))}.` : ""),
    label: `Histogram of total seconds: median ${secondsText(median)}, 95th percentile ` +
      `${secondsText(high)}, n ${totals.length}.`,
    draw: (width, height) => {
      const { parts, across, up, bottom } = axes(width, height,
        { ticks, text: String, label: "total seconds" },
        { ticks: steps(Math.max(...counts), 4), text: String, label: "questions" });
      return [...parts,
        ...counts.map((count, bin) => shape("rect", { class: "bar", x: across(bin * size) + 1,
          y: up(count), width: Math.max(1, across(size) - across(0) - 2), height: bottom - up(count) }))];
    },
    headings: ["seconds", "questions"],
    rows: counts.map((count, bin) =>
      [bin === bins - 1 && beyond ? `${from(bin)} and more` : `${from(bin)} to ${from(bin + 1)}`, count]),
  });
};

const stagesPlot = (timings) => {
  const title = "Seconds by stage";
  const stages = new Map();
  for (const seconds of timings) {
    for (const [stage, spent] of Object.entries(seconds)) {
      if (!stages.has(stage)) stages.set(stage, []);
      stages.get(stage).push(spent);
    }
  }
  if (!stages.size) return emptyPlot("plot-stages", title, "No time was measured.");
  const rows = [...stages].map(([name, spent]) => {
    const ordered = sorted(spent);
    const median = quantile(ordered, 0.5);
    return { name, value: median, low: median, high: quantile(ordered, 0.95), n: spent.length };
  });
  const words = (row) => `${row.name} ${secondsText(row.value)}, ${secondsText(row.high)}`;
  return plot({
    id: "plot-stages", title, height: forestHeight(rows),
    note: "Dot: median. The bar reaches to the 95th percentile.",
    label: `Median and 95th percentile of seconds by stage: ${rows.map(words).join("; ")}.`,
    draw: forest(rows, { ticks: forestTicks(rows, "", "s"), unit: "s", axis: "seconds",
      side: "stage", head: "median, n" }),
    headings: ["stage", "median", "95th percentile", "n"],
    rows: rows.map((row) => [row.name, secondsText(row.value), secondsText(row.high), row.n]),
  });
};
