"""The style sheet of the page: light and dark, for screen and paper."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1d2329; --soft: #5d6873; --line: #dfe3e7; --wash: #f5f7f8;
  --k1: #1f6fb2; --k2: #c4572a; --k3: #2f8f6b; --k4: #8a5fae; --k5: #a67c00; --k6: #4f97a8;
  --mark-l: 87%; --mark-s: 70%; --wrong: #b3261e; --right: #2f8f6b; --heat: 28 92% 52%;
  --cold: 212 75% 55%; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15191d; --ink: #dde3e8; --soft: #93a0ac; --line: #2c343b; --wash: #1c2227;
  --k1: #6fb0e6; --k2: #ee8b5f; --k3: #63c49d; --k4: #c09be0; --k5: #d9b44a; --k6: #7fc3d3;
  --mark-l: 29%; --mark-s: 42%; --wrong: #ff8a80; --right: #63c49d; --heat: 28 80% 45%;
  --cold: 212 60% 50%; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", sans-serif; font-variant-numeric: tabular-nums lining-nums; }
main { max-width: 1060px; margin: 0 auto; padding: 32px 24px 80px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 2px; font-weight: 650; }
h2 { font-size: 19px; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--line);
  font-weight: 650; }
h3 { font-size: 15px; margin: 26px 0 6px; font-weight: 650; }
p { margin: 6px 0; max-width: 76ch; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--wash); border-radius: 6px; padding: 14px 16px; margin: 8px 0;
  white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: var(--k1); text-decoration: none; }
a:hover { text-decoration: underline; }
.soft, .note, figcaption, .who, .facts { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 14px 0 0; font-size: 14px; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 22px 0 6px; }
.card { background: var(--wash); border-radius: 8px; padding: 12px 18px 11px; min-width: 148px; }
.card b { display: block; font-size: 28px; line-height: 1.15; font-weight: 600; }
.card span { display: block; font-size: 13px; color: var(--soft); }
.warning { border-left: 3px solid var(--wrong); padding: 4px 12px; background: var(--wash); }
.scroll { overflow-x: auto; margin: 10px 0; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; }
.number { text-align: right; }
table.scores thead th { white-space: normal; min-width: 62px; }
table small { display: block; color: var(--soft); font-size: 11.5px; }
table.facts th { font-weight: 400; color: var(--soft); }
table.facts td { white-space: normal; overflow-wrap: anywhere; }
details { margin: 10px 0; }
summary { cursor: pointer; padding: 3px 0; }
summary:hover { color: var(--k1); }
summary h2, summary h3 { display: inline; border: 0; margin: 0; padding: 0; }
section > details:only-child > summary { border-top: 1px solid var(--line); padding-top: 14px;
  margin-top: 34px; }
figure { margin: 16px 0 8px; overflow-x: auto; }
figcaption { font-size: 13.5px; margin-bottom: 2px; }
.charts { display: flex; flex-wrap: wrap; gap: 0 28px; }
.charts > figure { flex: 1 1 420px; max-width: 500px; }
svg { display: block; width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--soft); }
svg text.name { fill: var(--ink); }
svg text.axis { fill: var(--soft); font-size: 11.5px; }
svg .grid { stroke: var(--line); }
svg .best { stroke: var(--soft); stroke-dasharray: 3 3; }
svg .line path { stroke-width: 1.8; stroke-linejoin: round; }
svg .whisker { stroke: var(--k1); stroke-width: 2.4; stroke-linecap: round; opacity: .55; }
svg .dot { fill: var(--k1); }
svg .right { fill: var(--right); }
svg .wrong { fill: var(--wrong); }
svg .blank { fill: var(--wash); }
svg .weight { fill: hsl(var(--heat)); }
svg text.hole { fill: var(--wrong); font-weight: 600; }
svg .right ~ text, svg .wrong ~ text { fill: var(--ink); }
svg .right ~ text.strong, svg .wrong ~ text.strong { fill: var(--paper); }
.line.k1 path { stroke: var(--k1); } .line.k2 path { stroke: var(--k2); }
.line.k3 path { stroke: var(--k3); } .line.k4 path { stroke: var(--k4); }
.line.k5 path { stroke: var(--k5); } .line.k6 path { stroke: var(--k6); }
.k1 circle, .bar.k1 { fill: var(--k1); } .k2 circle, .bar.k2 { fill: var(--k2); }
.k3 circle, .bar.k3 { fill: var(--k3); } .k4 circle, .bar.k4 { fill: var(--k4); }
.k5 circle, .bar.k5 { fill: var(--k5); } .k6 circle, .bar.k6 { fill: var(--k6); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; margin: 2px 0 4px; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.key.k1 { background: var(--k1); } .key.k2 { background: var(--k2); }
.key.k3 { background: var(--k3); } .key.k4 { background: var(--k4); }
.key.k5 { background: var(--k5); } .key.k6 { background: var(--k6); }
ol.examples { list-style: none; margin: 10px 0; padding: 0; }
ol.examples > li { padding: 9px 0 10px; border-top: 1px solid var(--line); break-inside: avoid; }
.facts { font-size: 12.5px; display: flex; flex-wrap: wrap; gap: 0 14px; margin: 0 0 3px; }
p.facts { max-width: none; }
.facts b { color: var(--wrong); font-weight: 600; }
.pair { display: grid; grid-template-columns: 74px minmax(0, 1fr); align-items: baseline; }
.who { font-size: 12.5px; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.9; font-size: 15.5px;
  unicode-bidi: isolate; max-height: 19em; overflow-y: auto; }
mark { color: inherit; background: hsl(var(--h) var(--mark-s) var(--mark-l)); border-radius: 4px;
  padding: 1.5px 3px; margin: 0 1px;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark.wrong { outline: 1.5px solid var(--wrong); outline-offset: -1px; }
mark small { font-size: 11px; margin-left: 5px; opacity: .8; unicode-bidi: isolate; }
.colours { line-height: 2.1; font-size: 13px; max-width: none; }
.weighed span { background: hsl(var(--heat) / calc(var(--w) * .85)); border-radius: 3px;
  padding: 2px 0; }
.weighed span.against { background: hsl(var(--cold) / calc(var(--w) * .85)); }
.weighed small { font-size: 10px; color: var(--soft); vertical-align: super; line-height: 0;
  margin: 0 1px; }
@media (max-width: 560px) { main { padding: 20px 14px 60px; }
  .pair { grid-template-columns: 1fr; } }
@media print { main { max-width: none; padding: 0; } nav { display: none; }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .scroll, figure, .text { overflow: visible; max-height: none; }
  figure, tr, .charts { break-inside: avoid; } h2, h3, summary { break-after: avoid; }
  table { font-size: 9pt; } th, td { padding-right: 8px; } }
"""
