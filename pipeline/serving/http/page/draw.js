// Turns answers into elements. The names of the outputs determine what is drawn, not the model.
// Everything from a model is inserted as text, never as markup.

import { word } from "./words.js";

export function make(name, text = "", properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

// Non-numbers such as NaN are shown unchanged.
const percent = (score) => (Number.isFinite(score) ? `${(100 * score).toFixed(1)} %` : String(score));
const decimals = (score) => (Number.isFinite(score) ? score.toFixed(3) : String(score));

// One colour per name.
function hue(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 3600;
  return (sum * 137.5) % 360;
}

// Offsets count code points; of overlapping spans only the first is drawn.
export function slots(text, row) {
  const line = make("p", "", { className: "marked", dir: "auto" });
  const letters = Array.from(text);
  let end = 0;
  const count = row.slot_count ?? row.slot_starts.length;
  for (let i = 0; i < count; i++) {
    const [from, to] = [row.slot_starts[i], row.slot_ends[i]];
    if (from < end) continue;
    line.append(letters.slice(end, from).join(""));
    const mark = make("mark", letters.slice(from, to).join(""));
    const name = row.slot_names?.[i] ?? "";
    mark.style.setProperty("--hue", hue(name));
    const score = row.slot_scores ? ` ${percent(row.slot_scores[i])}` : "";
    mark.append(make("small", ` ${name}${score}`));
    line.append(mark);
    end = to;
  }
  line.append(letters.slice(end).join(""));
  return line;
}

function headline(label, score, rejected) {
  const line = make("p", "", { className: "headline", dir: "auto" });
  line.append(make("strong", label));
  if (score !== undefined) line.append(make("span", ` ${percent(score)}`, { className: "quiet" }));
  if (rejected) line.append(make("span", ` · ${word("rejected")}`, { className: "quiet" }));
  return line;
}

export function bars(labels, scores, chosen) {
  const list = make("dl", "", { className: "bars" });
  const length = (i) => (Number.isFinite(scores[i]) ? scores[i] : -Number.MAX_VALUE);
  const order = labels.map((_, i) => i).sort((a, b) => length(b) - length(a));
  for (const i of order) {
    const bar = make("div", "", { className: "bar" });
    bar.style.setProperty("--share", Math.max(0, Math.min(1, length(i))));
    const cell = make("dd");
    cell.append(bar);
    list.append(make("dt", labels[i], { className: chosen?.[i] ? "chosen" : "" }), cell);
    list.append(make("dd", percent(scores[i]), { className: "quiet" }));
  }
  return list;
}

function translation(row) {
  const block = make("div");
  block.append(make("p", row.translation, { className: "headline", dir: "auto" }));
  if (row.score !== undefined)
    block.append(make("p", `${word("score")} ${decimals(row.score)}`, { className: "quiet" }));
  if (row.truncated) block.append(make("p", word("cut"), { className: "quiet" }));
  return block;
}

function nBest(row) {
  const block = make("div");
  const list = make("ol");
  row.translations.forEach((text, i) => {
    const line = make("li", text, { dir: "auto" });
    if (row.scores) line.append(make("span", ` ${decimals(row.scores[i])}`, { className: "quiet" }));
    list.append(line);
  });
  block.append(make("h2", word("best")), list);
  return block;
}

function lengthOf(tokens) {
  let length = tokens.length;
  while (length && tokens[length - 1] === "") length--;
  return length;
}

export function heatmap(row) {
  const [across, down] = [lengthOf(row.source_tokens), lengthOf(row.target_tokens)];
  const table = make("table", "", { className: "heat" });
  const head = make("tr");
  head.append(make("th"));
  for (const token of row.source_tokens.slice(0, across)) head.append(make("th", token, { scope: "col" }));
  const top = make("thead");
  top.append(head);
  const body = make("tbody");
  for (let i = 0; i < down; i++) {
    const line = make("tr");
    line.append(make("th", row.target_tokens[i], { scope: "row" }));
    for (let j = 0; j < across; j++) {
      const weight = row.attention[i]?.[j];
      const label = `${row.target_tokens[i]} → ${row.source_tokens[j]}: ${percent(weight)}`;
      const cell = make("td", "", { title: label });
      cell.setAttribute("aria-label", label);
      cell.style.setProperty("--weight", weight);
      line.append(cell);
    }
    body.append(line);
  }
  table.append(top, body);
  const frame = make("div", "", { className: "scroll", tabIndex: 0 });
  frame.append(table);
  const block = make("div");
  block.append(make("h2", word("attention")), frame);
  return block;
}

const isWord = (value) => typeof value === "string" || Number.isFinite(value);

// The required outputs, a check of their values, and the function that draws them. A model of another
// exporter may use a name differently; such an output is listed under all outputs only.
const PARTS = [
  [["slot_starts", "slot_ends"], Array.isArray, slots],
  [["intent"], isWord, (_, row) => headline(row.intent, row.intent_score, row.rejected)],
  [["label"], isWord, (_, row) => headline(row.label, row.score, row.rejected)],
  [["labels", "scores"], Array.isArray, (_, row) => bars(row.labels, row.scores, row.chosen)],
  [["translation"], isWord, (_, row) => translation(row)],
  [["translations"], Array.isArray, (_, row) => nBest(row)],
  [["source_tokens", "target_tokens", "attention"], Array.isArray, (_, row) => heatmap(row)],
];

// The elements for one row of predictions.
export function parts(text, row) {
  const there = PARTS.filter(([names, is]) => names.every((name) => name in row && is(row[name])));
  return there.map(([, , draw]) => draw(text, row));
}

export function outputs(row) {
  return Object.entries(row).sort().map(([name, value]) => {
    const line = make("tr");
    line.append(make("td", name), make("td", typeof value === "string" ? value : JSON.stringify(value)));
    return line;
  });
}
