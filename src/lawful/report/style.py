"""The page's style sheet: ink on paper, by day and by night, on a phone and in print.

Every pair of text and ground has a contrast of 4.5 or more (WCAG 2.2, AA).
"""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fdfcf8; --card: #ffffff; --ink: #1c1b19; --soft: #5f5b53; --hair: #e2ded4;
  --accent: #0b5c68; --band: #0b5c681f; --gap: #b7791f1c; --warn: #8a4b08; --warnground: #fdf3e1;
  --c0: #3d2f85; --c1: #2d5597; --c2: #177e8f; --c3: #24936b; --c4: #6f9a20; --c5: #b8860b;
  --c6: #c9601f; --c7: #b0314d;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052,
    "Book Antiqua", Georgia, "Liberation Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans",
    Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e23; --ink: #ece8df; --soft: #a9a499; --hair: #33373e;
    --accent: #6fc7d3; --band: #6fc7d326; --gap: #f0c25a1a; --warn: #f0c25a; --warnground: #2a2418;
    --c0: #a195f2; --c1: #7ea7f0; --c2: #56c2d6; --c3: #5fd2a8; --c4: #b0d85f; --c5: #efc457;
    --c6: #f59a62; --c7: #f0788f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 var(--serif); font-variant-numeric: lining-nums;
}
main, header, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3.5rem; }
.brand { font: 600 .8rem/1 var(--sans); letter-spacing: .16em; text-transform: uppercase;
  color: var(--accent); margin: 0 0 1.4rem; }
.brand span { color: var(--soft); font-weight: 400; letter-spacing: .02em; text-transform: none; }
h1 { font-size: clamp(1.45rem, 1.1rem + 1.6vw, 2.1rem); line-height: 1.28; font-weight: 500;
  letter-spacing: -.008em; margin: 0 0 1rem; text-wrap: pretty; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; font-weight: 600; margin: 3.2rem 0 .8rem;
  padding-top: 1rem; border-top: 1px solid var(--hair); }
h3 { font-size: 1.15rem; line-height: 1.35; font-weight: 600; margin: 0;
  overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 42rem; overflow-wrap: anywhere; }
.lead { color: var(--soft); }
.none { color: var(--soft); font-style: italic; }
code, pre, .mono { font: .86em/1.5 var(--mono); overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--hair); border-radius: 6px;
  padding: .8rem 1rem; white-space: pre-wrap; margin: .6rem 0; }
.scroll { overflow-x: auto; overflow-y: hidden; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font: .9rem/1.45 var(--sans);
  font-variant-numeric: tabular-nums lining-nums; margin: .6rem 0; }
th, td { text-align: left; padding: .5rem .9rem .5rem 0; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 500; color: var(--soft); border-bottom: 1px solid var(--ink);
  white-space: nowrap; }
tbody th { font-weight: 600; }
tbody tr + tr > * { border-top: 1px solid var(--hair); }
td.w, div.w { white-space: nowrap; }
div.w { color: var(--soft); padding-top: .25rem; }
td.n, th.n { text-align: right; white-space: nowrap; }
td math { font-size: 1.02rem; margin: 0; }
td math[display="block"] { display: inline-block; display: inline math; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre",
  math; }
.grade { white-space: nowrap; color: var(--accent); }
.law { background: var(--card); border: 1px solid var(--hair); border-radius: 10px;
  padding: 1.3rem 1.5rem 1.1rem; margin: 1.2rem 0; break-inside: avoid; }
.law > .top { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1.2rem;
  align-items: baseline; }
.law .top .grade { font: .88rem/1.4 var(--sans); white-space: normal; }
.formula { padding: 1rem 0 .6rem; }
.formula math { font-size: 1.28rem; margin: 0 auto; }
.where { color: var(--soft); display: flex; gap: .6rem; justify-content: center;
  align-items: baseline; padding-bottom: .4rem; }
.where math { font-size: 1.05rem; display: inline math; margin: 0; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.6rem, 1fr));
  gap: .5rem 1.2rem; margin: .8rem 0; font-family: var(--sans); }
dl.facts div { border-top: 1px solid var(--hair); padding-top: .4rem; }
dt { font-size: .78rem; line-height: 1.35; color: var(--soft); }
dd { margin: 0; font-size: 1rem; font-variant-numeric: tabular-nums; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  gap: .6rem 1.4rem; margin-top: .6rem; }
.many { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 12.5rem), 1fr));
  gap: 1rem 1.2rem; margin: 1rem 0; }
figure { margin: 0; }
figcaption { font: .82rem/1.4 var(--sans); color: var(--soft); }
.many figcaption b { color: var(--ink); font-weight: 600; }
svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 11px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .label { fill: var(--ink); }
svg .note { fill: var(--ink); font-style: italic; }
svg.small text { font-size: 10px; }
.axis { stroke: var(--soft); fill: none; }
.grid { stroke: var(--hair); fill: none; }
.rule { stroke: var(--ink); stroke-dasharray: 5 4; fill: none; }
.band { fill: var(--band); }
.gap { fill: var(--gap); }
.line { fill: none; stroke-width: 1.3; stroke-linejoin: round; stroke-linecap: round; }
.small .line { stroke-width: 1; }
.line:hover { stroke-width: 3; }
circle.law { fill: var(--accent); }
circle.other { fill: var(--paper); stroke: var(--soft); stroke-width: 1.4; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
.c6 { stroke: var(--c6); } .c7 { stroke: var(--c7); }
ul { margin: .5rem 0; padding-left: 1.2rem; max-width: 44rem; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
.warnings { background: var(--warnground); border-left: 3px solid var(--warn);
  border-radius: 0 6px 6px 0; padding: .7rem 1.1rem; margin: 1.4rem 0; }
.warnings h2 { all: unset; font: 600 .9rem/1.4 var(--sans); color: var(--warn); }
details { margin: .5rem 0; }
summary { cursor: pointer; font: .88rem/1.5 var(--sans); color: var(--accent); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
footer { color: var(--soft); padding-top: 2.5rem; padding-bottom: 4rem; font-size: .92rem; }
@media (max-width: 34rem) {
  body { font-size: 1rem; }
  main, header, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 2rem; }
  .law { padding: 1rem .9rem; border-radius: 8px; }
  .formula math { font-size: 1.1rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --hair: #ccc; }
  body { font-size: 10.5pt; }
  .law, figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  summary { list-style: none; }
}
"""
