// Lists the models, sends requests, and shows the same request as a shell command and in Python.

import { make, outputs, parts } from "./draw.js";
import { language, speak, word } from "./words.js";

const find = (id) => document.getElementById(id);
const model = () => find("model").value;
const path = (verb) => `/v1/models/${encodeURIComponent(model())}${verb}`;

let signatures = {}; // of the chosen model: inputs and outputs of each signature
let shown = null; // the answer on the page, with its text and rows, to be redrawn in the other language
let known = Promise.resolve(); // settled when the chosen model's signatures have arrived
let [chosen, asked] = [0, 0]; // counters; responses that arrive after a newer choice or request are dropped

// Parses JSON with NaN and infinities, as TensorFlow Serving writes it; they become strings.
export function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    const plain = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
    return JSON.parse(text.replace(plain, (token) => (token.startsWith('"') ? token : `"${token}"`)));
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

// Whether a signature takes a single string, so that the text can be sent unchanged.
const takesText = (signature) => {
  const inputs = Object.values(signature?.inputs ?? {});
  return inputs.length === 1 && inputs[0].dtype === "DT_STRING";
};

// Without a known signature the text is sent, and the server reports what is wrong.
const takesJson = () => signatures.serving_default && !takesText(signatures.serving_default);

// The JSON of a row. JSON from the user is sent unchanged: JavaScript would round large integers.
function instance(text) {
  if (!takesJson()) return JSON.stringify(text);
  JSON.parse(text);
  return text;
}

// The signatures whose answers are drawn beside that of `serving_default`, chosen by their outputs.
const beside = () =>
  Object.keys(signatures).filter((name) => {
    const given = signatures[name].outputs ?? {};
    return name !== "serving_default" && takesText(signatures[name]) && ("attention" in given || "translations" in given);
  });

function requestBody(text) {
  try {
    return `{"instances": [${instance(text)}]}`;
  } catch {
    return `{"instances": [${JSON.stringify(text)}]}`;
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`; // one word for a shell

function showRequest() {
  const body = requestBody(find("text").value);
  const url = location.origin + path(":predict");
  const key = find("key").value ? ` -H 'Authorization: Bearer KEY'` : "";
  find("curl").textContent = `curl${key} -d ${quoted(body)} ${quoted(url)}`;
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

function clear() {
  shown = null;
  find("answer").replaceChildren();
  find("all").hidden = true;
  find("error").textContent = find("spent").textContent = "";
}

async function ask(event) {
  event?.preventDefault();
  const [text, url, mine] = [find("text").value, path(":predict"), ++asked];
  find("error").textContent = find("spent").textContent = "";
  try {
    await known;
    const began = performance.now();
    const row = instance(text);
    const one = (name) => call(url, `{"signature_name": ${JSON.stringify(name)}, "instances": [${row}]}`);
    const others = beside();
    const first = await one("serving_default");
    const spent = `${(performance.now() - began).toFixed(0)} ms`;
    const answers = [first, ...(await Promise.all(others.map(one)))];
    if (mine !== asked) return;
    find("spent").textContent = spent;
    shown = { text, rows: answers.map((answer) => answer.predictions[0]) };
    draw();
  } catch (error) {
    if (mine !== asked) return;
    clear();
    find("error").textContent = error.message;
  }
}

function chooseModel() {
  asked++;
  clear();
  signatures = {};
  find("examples").replaceChildren();
  known = learn(++chosen);
  return known;
}

async function learn(mine) {
  try {
    const { metadata } = await call(path("/metadata"));
    if (mine !== chosen) return;
    signatures = metadata.signature_def.signature_def;
    const { examples } = await call(`/page/examples/${encodeURIComponent(model())}`);
    if (mine !== chosen) return;
    find("examples").replaceChildren(...examples.map((text) => make("button", text, { type: "button", dir: "auto" })));
  } catch (error) {
    if (mine !== chosen) return;
    find("error").textContent = error.message;
  }
  find("text").placeholder = takesJson() ? word("input") : "";
  showRequest();
}

async function listModels() {
  try {
    const { models } = readJson(await (await fetch("/readyz")).text());
    for (const [name, state] of Object.entries(models)) if (state.serving.length) find("model").append(make("option", name));
    if (find("model").options.length) await chooseModel();
    else find("error").textContent = word("none");
  } catch (error) {
    find("error").textContent = error.message;
  }
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
