"use strict";
// The page of `flowspec explore`: follows a click backwards through the kept edges of a net, as check did forwards.

const DATA = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const ITSELF = 3, MISSING = 2, SEEN = 1, BARRED = 0;

const state = { density: 0, variable: 0, layer: -1, step: -1, level: 0, way: "sees", witness: null, masks: true };
let tables = new Map(); // unpacked link tables, by net and number
let found = null; // the walk through a net behind what is shown
let found_behind = null; // the walk through a flow behind what is shown
let timer = null; // while the order plays

// --- packed data ------------------------------------------------------------------------------------------------------

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const bit = (bytes, row, width, column) => (bytes[row * width + (column >> 3)] >> (7 - (column & 7))) & 1;

async function unpack() {
  for (const [n, net] of DATA.nets.entries()) {
    for (const [i, node] of net.nodes.entries()) {
      if (node && node.edges.kind === "links") {
        tables.set(`${n}.${i}`, await Promise.all(node.edges.tables.map(inflate)));
      }
    }
  }
  const arrays = await Promise.all(DATA.tables.map(inflate));
  DATA.flows.filter((flow) => flow.followed).forEach((flow) => prepare(flow, arrays));
  DATA.flows.forEach((flow) => flow.encoded.forEach((r) => { r.bytes = arrays[r.rows]; }));
  DATA.masks.forEach((mask) => mask.panels.forEach((panel) => { panel.bytes = arrays[panel.shares]; }));
}

// --- variables --------------------------------------------------------------------------------------------------------

const product = (list) => list.reduce((a, b) => a * b, 1);
const here = () => (state.density < 0 ? DATA.flows[-1 - state.density] : DATA.densities[state.density]);
const volume = (d) => product(d.sites);
const size = (d) => d.channels * volume(d);

function siteOf(d, v) {
  let place = v % volume(d);
  const site = [];
  for (const n of [...d.sites].reverse()) { site.unshift(place % n); place = Math.floor(place / n); }
  return [Math.floor(v / volume(d)), site];
}

function nameOf(d, v) {
  if (d.labels && d.labels.length) return `${d.of}[${d.labels[v]}]`;
  const [channel, site] = siteOf(d, v);
  return `${d.of}[${(d.channels === 1 && d.sites.length === 1 ? site : [channel, ...site]).join(",")}]`;
}

function allowed(d, v, j) {
  if (d.rank) return d.rank[j] < d.rank[v];
  return d.parents[v].includes(j);
}

// --- the walk ---------------------------------------------------------------------------------------------------------

function headUnit(net, row) {
  // The unit of the head that gives the first parameter of the variable (or moved entry) `row`.
  const head = net.nodes[net.output], groups = head.of.length / net.size;
  const k = row % (groups * head.places);
  return head.of[Math.floor(k / head.places) * net.size] * head.places + (k % head.places);
}

function walkNet(n, rows) {
  // Every unit of net n that the parameters of some rows depend on, and how each gets there.
  const net = DATA.nets[n], units = net.nodes.map((node) => (node ? node.classes * node.places : 0));
  const marks = units.map((u) => (u ? new Uint8Array(u) : null));
  const via = units.map((u) => (u ? new Int32Array(u).fill(-1) : null));
  const from = units.map((u) => (u ? new Int32Array(u).fill(-1) : null));
  for (const row of rows) marks[net.output][headUnit(net, row)] = 1;
  for (let i = net.nodes.length - 1; i >= 0; i--) {
    const node = net.nodes[i];
    if (!node || node.edges.kind === "source" || !marks[i].includes(1)) continue;
    readers[node.edges.kind](node, marks[i], (source, unit, own) => {
      const j = node.inputs[source];
      if (!marks[j][unit]) { marks[j][unit] = 1; via[j][unit] = own; from[j][unit] = i; }
    }, net, `${n}.${i}`);
  }
  return { marks, via, from, net };
}

function placeAt(sites, p, offset) {
  let place = 0, rest = p;
  const site = [];
  for (let a = sites.length - 1; a >= 0; a--) { site[a] = rest % sites[a]; rest = Math.floor(rest / sites[a]); }
  for (let a = 0; a < sites.length; a++) {
    const x = site[a] + offset[a];
    if (x < 0 || x >= sites[a]) return -1;
    place = place * sites[a] + x;
  }
  return place;
}

const inside = (rule, r, w) =>
  rule === "prefix" ? r <= w : (BigInt("0x" + r) & ~BigInt("0x" + w)) === 0n;

const readers = {
  taps(node, marked, mark) {
    for (const [o, c, taps] of node.edges.reads) {
      for (let p = 0; p < node.places; p++) {
        if (!marked[o * node.places + p]) continue;
        for (const t of taps) {
          const q = placeAt(node.sites, p, node.edges.offsets[t]);
          if (q >= 0) mark(0, c * node.places + q, o * node.places + p);
        }
      }
    }
  },
  sites(node, marked, mark) {
    for (const [o, c, a, b] of node.edges.reads) {
      for (let p = 0; p < node.places; p++) {
        if (!marked[o * node.places + p]) continue;
        for (const offset of node.edges.offsets) {
          const q = placeAt(node.sites, p, offset);
          if (q >= 0 && node.edges.in[b][q] <= node.edges.out[a][p]) mark(0, c * node.places + q, o * node.places + p);
        }
      }
    }
  },
  dense(node, marked, mark, net) {
    const { rule } = node.edges, places = net.nodes[node.inputs[0]].places;
    const units = [];
    for (let u = 0; u < marked.length; u++) {
      if (marked[u]) units.push([node.edges.out[Math.floor(u / node.places)][u % node.places], u]);
    }
    if (rule === "prefix") { units.sort((a, b) => b[0] - a[0]); units.length = 1; } // the longest prefix holds all others
    for (const [w, u] of units) {
      for (const [c, row] of node.edges.in) row.forEach((r, q) => inside(rule, r, w) && mark(0, c * places + q, u));
    }
  },
  same(node, marked, mark, net) {
    node.edges.reads.forEach((pairs, o) => {
      for (let p = 0; p < node.places; p++) {
        const own = o * node.places + p;
        if (!marked[own]) continue;
        for (const [s, c] of pairs) {
          const places = net.nodes[node.inputs[s]].places;
          mark(s, c < 0 ? -1 - c : c * places + (places === 1 ? 0 : p), own);
        }
      }
    });
  },
  all(node, marked, mark, net) {
    const own = marked.indexOf(1), source = net.nodes[node.inputs[0]];
    for (let u = 0; u < source.classes * source.places; u++) mark(0, u, own);
  },
  links(node, marked, mark, net, key) {
    const unpacked = tables.get(key);
    for (const [o, s, c, k] of node.edges.reads) {
      const places = net.nodes[node.inputs[s]].places, width = (places + 7) >> 3, done = new Uint8Array(width);
      for (let p = 0; p < node.places; p++) {
        if (!marked[o * node.places + p]) continue;
        for (let b = 0; b < width; b++) {
          const more = unpacked[k][p * width + b] & ~done[b];
          if (!more) continue;
          done[b] |= more;
          for (let q = 0; q < 8; q++) if ((more >> (7 - q)) & 1) mark(s, c * places + 8 * b + q, o * node.places + p);
        }
      }
    }
  },
};

function seen(d, v) {
  // The variables that conditional v depends on; of a flow, those that the entry of z does that v becomes.
  if (d < 0) {
    const flow = flowOf(d);
    if (!flow.followed || flow.steps.some((step) => !step.followed)) return { row: null, walked: null };
    found_behind = behind(d, v, state.step);
    const own = state.step >= 0 ? ownWalk(flow, v) : null;
    return { row: found_behind.row, walked: own };
  }
  const density = DATA.densities[d];
  if (density.net === null) return { row: null, walked: null };
  const walked = walkNet(density.net, [v]);
  const x = walked.net.nodes.findIndex((n) => n && n.edges.kind === "source" && n.edges.x);
  return { row: x < 0 ? new Uint8Array(size(density)) : walked.marks[x], walked };
}

function ownWalk(flow, v) {
  // The walk through the net of the chosen step for the entry of v alone; of an entry that passes, an empty one.
  const step = flow.steps[state.step];
  if (step.net === null) return null;
  const entry = flow.entries[step.input].indexOf(v);
  if (entry < 0 || (step.kept && step.kept[entry])) return walkNet(step.net, []);
  const before = step.kept && step.sliced ? step.kept.subarray(0, entry).reduce((n, k) => n + (k ? 0 : 1), 0) : entry;
  return walkNet(step.net, [before]);
}

function seers(d, v) {
  // The variables whose conditionals depend on v.
  const row = new Uint8Array(size(here()));
  if (d < 0) {
    const { latent } = flowOf(d), width = (row.length + 7) >> 3;
    for (let u = 0; u < row.length; u++) row[u] = bit(latent.bytes, latent.becomes[u], width, v);
    return row;
  }
  for (let u = 0; u < row.length; u++) { const s = seen(d, u).row; if (s && s[v]) row[u] = 1; }
  return row;
}

window.flowspec = { // for tests and for the curious
  state, DATA,
  seen: (d, v) => Array.from(seen(d, v).row),
  behind: (d, v, step) => Array.from(behind(d, v, step).row),
};

// --- pictures ---------------------------------------------------------------------------------------------------------

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function panels(d) {
  // (count, rows, columns): a panel a channel, and a frame of a video.
  const s = d.sites, n = volume(d);
  if (s.length === 2) return [d.channels, s[0], s[1]];
  if (s.length === 3) return [d.channels * s[0], s[1], s[2]];
  if (n <= 64) return [1, d.channels, n];
  const side = Number.isInteger(Math.sqrt(n)) ? Math.sqrt(n) : 64;
  return [d.channels, Math.ceil(n / side), side];
}

function draw(canvas, count, rows, columns, total, paint) {
  const box = canvas.parentElement.clientWidth || 320, across = Math.max(1, Math.min(count, Math.floor(box / 170)));
  const cell = Math.max(2, Math.min(22, Math.floor((box / across - 12) / columns)));
  const down = Math.ceil(count / across), ratio = window.devicePixelRatio || 1;
  const width = across * (columns * cell + 12), height = down * (rows * cell + 12);
  canvas.width = width * ratio; canvas.height = height * ratio;
  canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const each = rows * columns, gap = cell > 5 ? 1 : 0;
  canvas.cells = { across, cell, rows, columns, each, total };
  for (let v = 0; v < total; v++) {
    const k = Math.floor(v / each), r = Math.floor((v % each) / columns), c = v % columns;
    const x = (k % across) * (columns * cell + 12) + c * cell, y = Math.floor(k / across) * (rows * cell + 12) + r * cell;
    paint(pen, v, x, y, cell - gap);
  }
}

function hit(canvas, event) {
  const { across, cell, rows, columns, each, total } = canvas.cells, box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const px = Math.floor(x / (columns * cell + 12)), py = Math.floor(y / (rows * cell + 12));
  const c = Math.floor((x - px * (columns * cell + 12)) / cell), r = Math.floor((y - py * (rows * cell + 12)) / cell);
  const v = (py * across + px) * each + r * columns + c;
  return c >= 0 && c < columns && r >= 0 && r < rows && px < across && v < total ? v : -1;
}

function index(d, v) {
  // Where variable v stands among the cells of its panels, a folded list included.
  const [count, rows, columns] = panels(d);
  if (d.sites.length > 1 || count === 1) return v;
  return Math.floor(v / volume(d)) * rows * columns + (v % volume(d));
}

function codes() {
  const d = here(), n = size(d), out = new Uint8Array(n);
  if (state.way === "seen by") {
    const row = seers(state.density, state.variable);
    for (let u = 0; u < n; u++) out[u] = row[u] ? SEEN : BARRED;
  } else {
    const { row, walked } = seen(state.density, state.variable);
    found = walked;
    for (let j = 0; j < n; j++) {
      const may = state.density >= 0 && row && allowed(d, state.variable, j);
      out[j] = row && row[j] ? SEEN : may ? MISSING : BARRED;
    }
  }
  out[state.variable] = ITSELF;
  return out;
}

let shown = null;

function drawField() {
  const d = here(), [count, rows, columns] = panels(d), tones = ["barred", "seen", "missing", "itself"].map(color);
  const total = count * rows * columns, back = new Map();
  for (let v = 0; v < size(d); v++) back.set(index(d, v), v);
  const canvas = at("field"), path = state.witness === null ? -1 : state.witness;
  draw(canvas, count, rows, columns, total, (pen, k, x, y, side) => {
    const v = back.get(k);
    if (v === undefined) return;
    pen.fillStyle = tones[shown[v]];
    pen.fillRect(x, y, side, side);
    const late = state.density >= 0 && state.level && d.levels[v] > state.level;
    if (late) { pen.fillStyle = color("paper"); pen.globalAlpha = 0.75; pen.fillRect(x, y, side, side); pen.globalAlpha = 1; }
    if (v === path) { pen.strokeStyle = color("text"); pen.lineWidth = 2; pen.strokeRect(x + 1, y + 1, side - 2, side - 2); }
  });
  canvas.back = back;
}

function drawLayer() {
  const canvas = at("layer"), node = found && state.layer >= 0 ? found.net.nodes[state.layer] : null;
  at("layerbox").hidden = !node;
  if (!node) return;
  const marks = found.marks[state.layer], flat = node.sites.length === 0;
  const columns = flat ? Math.min(64, node.classes) : node.sites.length === 1 ? Math.min(64, node.places) : node.sites.at(-1);
  const per = flat ? node.classes : node.places, rows = Math.ceil(per / columns), count = flat ? 1 : node.classes;
  draw(canvas, count, rows, columns, count * rows * columns, (pen, k, x, y, side) => {
    const group = Math.floor(k / (rows * columns)), p = k % (rows * columns);
    if (p >= per) return;
    pen.fillStyle = color(marks[flat ? p : group * node.places + p] ? "seen" : "barred");
    pen.fillRect(x, y, side, side);
  });
  const passes = atFlow() && !found.marks.some((m) => m && m.includes(1)) ? `; ${nameOf(here(), state.variable)} is not moved in this step: choose one that is` : "";
  const used = marks.reduce((a, b) => a + b, 0);
  const knows = node.knows.length ? `; knows ${[...new Set(node.knows)].join(", ")}` : "";
  at("layerwords").textContent =
    `${node.id}: ${node.op}, ${node.shape}${knows}; ${used.toLocaleString("en")} of ${marks.length.toLocaleString("en")} classes of units matter here${passes}`;
  drawMasks(node);
}

// --- words ------------------------------------------------------------------------------------------------------------

function describe() {
  const d = here(), counts = [0, 0, 0, 0];
  shown.forEach((c) => counts[c]++);
  const name = nameOf(d, state.variable), say = (n) => n.toLocaleString("en");
  let text = "";
  if (state.way === "seen by") text = `${name} is seen by ${say(counts[SEEN])} ${counts[SEEN] === 1 ? "variable" : "variables"}`;
  else if (state.density < 0 && !(d.followed && found_behind)) text = `${name}: this flow is too large to follow on a page`;
  else if (state.density < 0) text = flowWords(name, counts[SEEN], say);
  else if (d.net === null) text = `${name}: this net is too large to follow on a page`;
  else if (counts[MISSING]) text = `${name} sees ${say(counts[SEEN])} ${counts[SEEN] === 1 ? "variable" : "variables"}, and misses ${say(counts[MISSING])} that it may know`;
  else if (counts[SEEN] === 1) text = `${name} sees the one variable that it may know`;
  else text = counts[SEEN] ? `${name} sees all ${say(counts[SEEN])} variables that it may know` : `${name} may know nothing: it comes first`;
  if (state.density >= 0) text += `; drawn at level ${say(d.levels[state.variable])} of ${say(Math.max(...d.levels))}`;
  at("words").textContent = text;
  at("witness").textContent = witness();
  at("witness").classList.toggle("idle", state.witness === null); // what one can do here is not printed
}

function witness() {
  // The path by which the chosen variable reaches the head.
  const d = here(), j = state.witness;
  if (j === null || state.way === "seen by" || !(found || found_behind)) return "click a variable with Shift, or press w, to see how it gets here";
  if (state.density < 0) return flowWitness(j);
  const x = found.net.nodes.findIndex((n) => n && n.edges.kind === "source" && n.edges.x);
  if (!found.marks[x][j]) {
    return allowed(d, state.variable, j) ? `no path from ${nameOf(d, j)}: it is in the blind spot` : `${nameOf(d, j)} must not be known here`;
  }
  const path = [nameOf(d, j)];
  let i = x, unit = j;
  while (i >= 0 && i !== found.net.output) {
    const next = found.from[i][unit], own = found.via[i][unit];
    if (next < 0) break;
    const node = found.net.nodes[next];
    path.push(node.places > 1 ? `${node.id}[${siteText(node, own % node.places)}]` : node.id);
    i = next; unit = own;
  }
  return path.join(" → ");
}

function siteText(node, place) {
  const site = [];
  for (const n of [...node.sites].reverse()) { site.unshift(place % n); place = Math.floor(place / n); }
  return site.join(",");
}

function highlight(line) {
  document.querySelectorAll("#source .here").forEach((e) => e.classList.remove("here"));
  const item = line ? at(`line${line}`) : null;
  if (item) { item.classList.add("here"); item.scrollIntoView({ block: "nearest" }); }
}

function shownNet() {
  // The net of the density, or of the chosen step.
  const d = here(), n = state.density >= 0 ? d.net : state.step >= 0 ? d.steps[state.step].net : null;
  return n === null || n === undefined ? null : DATA.nets[n];
}

function bold(text) {
  const found = document.createElement("b");
  found.textContent = text;
  return found;
}

function nodes() {
  const list = at("nodes"), d = here();
  list.replaceChildren();
  const net = shownNet();
  at("layers").hidden = !net;
  if (atFlow() && net) at("layersof").textContent = `Net of ${d.steps[state.step].id}`;
  else at("layersof").textContent = "Layers";
  for (const [i, node] of (net ? net.nodes : []).entries()) {
    if (!node) continue;
    const item = document.createElement("button");
    item.type = "button";
    const knows = node.knows.length ? ` · knows ${[...new Set(node.knows)].join(", ")}` : "";
    const cost = node.parameters ? ` · ${node.parameters.toLocaleString("en")} parameters` : "";
    item.append(bold(node.id), `  ${node.op} · ${node.shape}${knows}${cost}`, openMark(node));
    item.setAttribute("aria-pressed", String(i === state.layer));
    item.addEventListener("click", () => { state.layer = state.layer === i ? -1 : i; refresh(); highlight(node.line); });
    item.addEventListener("mouseenter", () => highlight(node.line));
    item.addEventListener("focus", () => highlight(node.line));
    list.append(item);
  }
}

// --- control ----------------------------------------------------------------------------------------------------------

function live() {
  const net = shownNet();
  return net ? net.nodes.map((n, i) => (n ? i : -1)).filter((i) => i >= 0) : [];
}

function refresh() {
  shown = codes();
  drawField();
  if (atFlow()) { halves(); pressed(); } else at("stepbox").hidden = true;
  drawLayer();
  describe();
  const rows = live();
  [...at("nodes").children].forEach((b, k) => b.setAttribute("aria-pressed", String(rows[k] === state.layer)));
  remember();
}

function choose(d) {
  state.density = d;
  state.variable = here().sites.reduce((v, sites) => v * sites + Math.floor(sites / 2), here().channels - 1); // the last channel of the middle
  Object.assign(state, { layer: -1, step: -1, witness: null, level: 0, way: "sees" });
  pause();
  found_behind = null;
  at("way").value = "sees";
  const most = d < 0 ? 1 : Math.max(...here().levels);
  at("level").max = most; at("level").value = most; at("leveltext").textContent = "";
  at("scrub").hidden = d < 0;
  for (const option of at("way").options) option.disabled = option.value === "seen by" && d < 0 && !here().latent;
  at("legend-missing-row").hidden = d < 0;
  at("legend-seen-words").textContent = d < 0 ? "depends on" : "sees";
  at("legend-barred-words").textContent = d < 0 ? "does not depend on" : "must not see";
  chain();
  nodes();
  startLatent();
  highlight(here().line);
  refresh();
}

function move(step) {
  state.variable = moved(here(), state.variable, step);
  refresh();
}

function moved(d, v, step) {
  // The variable next to v, by an arrow key or, in another channel, by a page key.
  const [channel, site] = siteOf(d, v);
  const axis = { ArrowUp: -2, ArrowDown: -2, ArrowLeft: -1, ArrowRight: -1, PageUp: -3, PageDown: -3 }[step];
  const by = ["ArrowUp", "ArrowLeft", "PageUp"].includes(step) ? -1 : 1;
  const all = [channel, ...site], sizes = [d.channels, ...d.sites], a = Math.max(0, all.length + axis);
  all[a] = Math.max(0, Math.min(sizes[a] - 1, all[a] + by));
  return all.slice(1).reduce((p, n, k) => p * d.sites[k] + n, 0) + all[0] * volume(d);
}

function wire() {
  const field = at("field");
  field.addEventListener("click", (event) => {
    const v = field.back.get(hit(field, event));
    if (v === undefined) return;
    if (event.shiftKey) state.witness = v; else state.variable = v;
    refresh();
  });
  field.addEventListener("keydown", (event) => {
    if (/^(Arrow|Page)/.test(event.key)) { event.preventDefault(); move(event.key); }
    if (event.key === "w") { const j = shown.findIndex((c) => c === SEEN); state.witness = j < 0 ? null : j; refresh(); }
    if (event.key === "b") { const j = shown.findIndex((c) => c === MISSING); state.witness = j < 0 ? null : j; refresh(); }
    if (event.key === "[" || event.key === "]") step(event.key === "]" ? 1 : -1);
    if (atFlow() && (event.key === "<" || event.key === ">" || event.key === "," || event.key === ".")) stepFlow(/[>.]/.test(event.key) ? 1 : -1);
  });
  at("way").addEventListener("change", (event) => {
    state.way = event.target.value;
    if (state.way === "seen by" && atFlow() && state.step >= 0) pickStep(-1); // who sees it is known of z
    refresh();
  });
  at("density").addEventListener("change", (event) => choose(Number(event.target.value)));
  at("level").addEventListener("input", () => { pause(); scrub(); });
  at("play").addEventListener("click", () => (timer ? pause() : play()));
  at("sback").addEventListener("click", () => stepFlow(-1));
  at("son").addEventListener("click", () => stepFlow(1));
  at("half").addEventListener("click", (event) => {
    const v = at("half").back?.get(hit(at("half"), event));
    if (v !== undefined) { state.variable = v; refresh(); }
  });
  at("back").addEventListener("click", () => step(-1));
  at("on").addEventListener("click", () => step(1));
  window.addEventListener("resize", redraw);
  window.addEventListener("beforeprint", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

function redraw() { drawField(); if (atFlow()) halves(); drawLayer(); drawLatent(); }

// --- the order in time ------------------------------------------------------------------------------------------------

function scrub() {
  const most = Number(at("level").max), level = Number(at("level").value), d = here();
  state.level = level === most ? 0 : level;
  let n = 0, now = 0;
  for (const l of d.levels) { if (l <= level) n++; if (l === level) now++; }
  const say = (k) => k.toLocaleString("en");
  at("leveltext").textContent = `level ${say(level)} of ${say(most)}: ${say(n)} of ${say(size(d))} variables drawn, ${say(now)} of them together`;
  drawField();
}

function play() {
  // From the first level to the last in about eight seconds; of very many levels some are skipped.
  const level = at("level"), most = Number(level.max), by = Math.max(1, Math.ceil(most / 200));
  if (Number(level.value) === most) level.value = 0;
  at("play").textContent = "pause";
  timer = setInterval(() => {
    level.value = Math.min(most, Number(level.value) + by);
    scrub();
    if (Number(level.value) >= most) pause();
  }, Math.max(40, Math.min(600, 8000 / Math.ceil(most / by))));
}

function pause() {
  clearInterval(timer);
  timer = null;
  at("play").textContent = "play";
}

function step(by) {
  const rows = live();
  if (!rows.length) { if (atFlow()) stepFlow(by); return; }
  const k = rows.indexOf(state.layer);
  state.layer = rows[Math.max(0, Math.min(rows.length - 1, k < 0 ? (by > 0 ? 0 : rows.length - 1) : k + by))];
  refresh();
  highlight(shownNet().nodes[state.layer].line);
}

function stepFlow(by) {
  const last = here().steps.length - 1;
  if (last < 0) return;
  pickStep(state.step < 0 ? (by > 0 ? 0 : last) : Math.max(0, Math.min(last, state.step + by)));
}

const few = (names) => (names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", "));

async function start() {
  source();
  const any = DATA.densities.length || DATA.flows.length;
  at("model").hidden = !any;
  if (!any) return;
  await unpack();
  const pick = at("density");
  DATA.flows.forEach((flow, k) => pick.append(new Option(`${flow.id}: the flow from ${flow.of} to its latent, step by step`, -1 - k)));
  DATA.densities.forEach((d, k) => pick.append(new Option(`${few(d.names)}: order ${d.order}`, k)));
  wire();
  wireLatent();
  wireMasks();
  const first = DATA.flows.length ? -1 : 0, before = remembered();
  pick.value = first;
  tellMasks();
  choose(first);
  recall(before);
  document.body.dataset.ready = "yes";
}
