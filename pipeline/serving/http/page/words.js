// The page's texts in two languages; answers of models are never translated.

export const WORDS = {
  en: {
    title: "Try a model", model: "Model", text: "Text", examples: "Examples", key: "API key",
    ask: "Ask", hint: "Ctrl+Enter also sends", answer: "Answer", outputs: "All outputs",
    request: "The same request", copy: "Copy", copied: "Copied", other: "中文",
    none: "No model serves; see /readyz.", score: "score", rejected: "below the model's threshold",
    best: "Translations, best first", attention: "Attention of each word",
    cut: "not all of the text was translated", input: "Input as JSON",
  },
  zh: {
    title: "试用模型", model: "模型", text: "文本", examples: "示例", key: "API 密钥",
    ask: "提问", hint: "也可按 Ctrl+Enter", answer: "回答", outputs: "全部输出",
    request: "同样的请求", copy: "复制", copied: "已复制", other: "English",
    none: "没有可用的模型；见 /readyz。", score: "得分", rejected: "低于模型的阈值",
    best: "译文（由好到差）", attention: "每个词的注意力",
    cut: "未翻译全文", input: "JSON 输入",
  },
};

export let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const word = (name) => WORDS[language][name];

export function speak(next) {
  language = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-word-label]"))
    node.setAttribute("aria-label", word(node.dataset.wordLabel));
  const button = document.getElementById("language");
  button.textContent = word("other");
  button.lang = next === "zh" ? "en" : "zh";
}
