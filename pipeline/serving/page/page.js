// Lists the models, asks them, and shows the same request for a shell and for Python.

import { make, outputs, parts } from "./draw.js";
import { language, speak, word } from "./words.js";

const find = (id) => document.getElementById(id);
const model = () => find("model").value;
const path = (verb) => `/v1/models/${encodeURIComponent(model())}${verb}`;

let signatures = {}; // of the model that is chosen: what each takes and gives
let shown = null; // the answer on the page: its text and rows, to be drawn in the other language

// JSON with NaN and infinities outside of strings, as TensorFlow Serving writes it.
export function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    const plain = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
    return JSON.parse(text.replace(plain, (token) => (token.startsWith('"') ? token : "null")));
  }
}

async function call(url, body) {
  const key = find("key").value;
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const answer = await fetch(url, { method: body === undefined ? "GET" : "POST", body, headers });
  const read = readJson(await answer.text());
  if (answer.status === 401) find("key-line").hidden = false;
  if (!answer.ok) throw new Error(read.error ?? `HTTP ${answer.status}`);
  return read;
}

// A signature that takes one string can be asked with the text as it stands.
const takesText = (signature) => {
  const inputs = Object.values(signature?.inputs ?? {});
  return inputs.length === 1 && inputs[0].dtype === "DT_STRING";
};

function instance() {
  const text = find("text").value;
  return takesText(signatures.serving_default) ? text : JSON.parse(text);
}

// The signatures whose answers are drawn beside the first one's, by what they give.
const beside = () =>
  Object.keys(signatures).filter((name) => {
    const given = signatures[name].outputs ?? {};
    return name !== "serving_default" && takesText(signatures[name]) && ("attention" in given || "translations" in given);
  });

function requestBody() {
  try {
    return JSON.stringify({ instances: [instance()] });
  } catch {
    return JSON.stringify({ instances: [find("text").value] });
  }
}

function showRequest() {
  const body = requestBody();
  const url = location.origin + path(":predict");
  const key = find("key").value ? ` -H 'Authorization: Bearer KEY'` : "";
  find("curl").textContent = `curl${key} -d '${body.replaceAll("'", "'\\''")}' '${url}'`;
  const headers = find("key").value ? `, {"Authorization": "Bearer KEY"}` : "";
  find("python").textContent = [
    "import json",
    "from urllib.request import Request, urlopen",
    "",
    `body = ${JSON.stringify(body)}.encode()`,
    `with urlopen(Request(${JSON.stringify(url)}, body${headers})) as answer:`,
    '    print(json.load(answer)["predictions"][0])',
  ].join("\n");
}

function draw() {
  if (!shown) return;
  const rows = shown.rows.map((row) => (row && typeof row === "object" && !Array.isArray(row) ? row : { answer: row }));
  find("answer").replaceChildren(...rows.flatMap((row) => parts(shown.text, row)));
  find("outputs").replaceChildren(...rows.flatMap(outputs));
  find("all").hidden = false;
  find("all").open = !find("answer").children.length;
}

async function ask(event) {
  event?.preventDefault();
  const text = find("text").value;
  find("told").textContent = find("spent").textContent = "";
  const began = performance.now();
  try {
    const one = (name) => call(path(":predict"), JSON.stringify({ signature_name: name, instances: [instance()] }));
    const first = await one("serving_default");
    find("spent").textContent = `${(performance.now() - began).toFixed(0)} ms`;
    const others = await Promise.all(beside().map(one));
    shown = { text, rows: [first, ...others].map((answer) => answer.predictions[0]) };
    draw();
  } catch (error) {
    shown = null;
    find("answer").replaceChildren();
    find("all").hidden = true;
    find("told").textContent = error.message;
  }
}

async function chooseModel() {
  shown = null;
  find("answer").replaceChildren();
  find("all").hidden = true;
  find("told").textContent = "";
  try {
    signatures = (await call(path("/metadata"))).metadata.signature_def.signature_def;
    find("examples").replaceChildren();
    const { examples } = await call(`/page/examples/${encodeURIComponent(model())}`);
    find("examples").replaceChildren(...examples.map((text) => make("button", text, { type: "button" })));
  } catch (error) {
    find("told").textContent = error.message;
  }
  find("text").placeholder = takesText(signatures.serving_default) ? "" : word("input");
  showRequest();
}

async function listModels() {
  const { models } = readJson(await (await fetch("/readyz")).text());
  for (const [name, state] of Object.entries(models)) if (state.serving.length) find("model").append(make("option", name));
  if (find("model").options.length) await chooseModel();
  else find("told").textContent = word("none");
}

async function copy(button) {
  const text = find(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not a secure context
    getSelection().selectAllChildren(find(button.dataset.copy));
    document.execCommand("copy");
  }
  button.textContent = word("copied");
  setTimeout(() => (button.textContent = word("copy")), 1500);
}

find("ask").addEventListener("submit", ask);
find("text").addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") ask(event);
});
find("examples").addEventListener("click", (event) => {
  if (event.target.tagName !== "BUTTON") return;
  find("text").value = event.target.textContent;
  showRequest();
  ask();
});
find("model").addEventListener("change", chooseModel);
find("key").addEventListener("change", chooseModel);
find("text").addEventListener("input", showRequest);
find("language").addEventListener("click", () => {
  speak(language === "zh" ? "en" : "zh");
  draw();
});
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
speak(language);
listModels();
