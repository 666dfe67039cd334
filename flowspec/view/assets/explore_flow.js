// Flows: an entry of z, or of any value on the way, is followed back to x through the steps and their nets.

const flowOf = (d) => DATA.flows[-1 - d];
const atFlow = () => state.density < 0;

function prepare(flow, tables) {
  // Which variable of x each entry of each value is: -1 of what is made of several.
  const whole = (t) => (t === undefined ? null : new Int32Array(tables[t].buffer));
  flow.steps.forEach((step) => {
    step.order = whole(step.order); step.groups = whole(step.groups);
    if (step.kept !== undefined) {
      const bytes = tables[step.kept], n = flow.values[step.input].units;
      step.kept = Uint8Array.from({ length: n }, (_, j) => bit(bytes, 0, 0, j));
    }
  });
  if (flow.latent) flow.latent.bytes = tables[flow.latent.rows];
  flow.entries = [Int32Array.from({ length: flow.values[0].units }, (_, j) => j)];
  flow.consumer = flow.values.map(() => -1);
  flow.steps.forEach((step, s) => {
    flow.consumer[step.input] = s;
    const here = flow.entries[step.input], total = step.outputs.reduce((a, v) => a + flow.values[v].units, 0);
    const out = new Int32Array(total).fill(-1);
    if (step.order) {
      for (let k = 0; k < step.order.length / step.reads; k++) {
        const sources = step.order.subarray(k * step.reads, (k + 1) * step.reads), first = here[sources[0]];
        out[k] = sources.every((j) => here[j] === first) ? first : -1;
      }
    } else out.set(here.subarray(0, Math.min(total, here.length)));
    let start = 0;
    for (const v of step.outputs) { flow.entries[v] = out.subarray(start, start + flow.values[v].units); start += flow.values[v].units; }
  });
}

function locate(flow, v, last) {
  // The value and entry that variable v of x has become behind step `last`, and the step that gave it.
  for (let s = last; s >= 0; s--) {
    for (const value of flow.steps[s].outputs) {
      const entry = flow.entries[value].indexOf(v);
      if (entry >= 0) return { value, entry, step: s };
    }
  }
  return { value: 0, entry: v, step: -1 };
}

function backwards(flow, value, entry) {
  // Marks of every value on the way from x to one entry; `next` leads forwards again, `net` says whether through a net.
  const marks = new Map(), next = new Map(), walks = new Map();
  const marked = (v) => {
    if (!marks.has(v)) { marks.set(v, new Uint8Array(flow.values[v].units)); next.set(v, new Array(flow.values[v].units)); }
    return marks.get(v);
  };
  marked(value)[entry] = 1;
  for (let s = flow.steps.length - 1; s >= 0; s--) {
    const step = flow.steps[s];
    if (!step.outputs.some((v) => marks.has(v))) continue;
    const into = marked(step.input), ways = next.get(step.input);
    const found = stepBack(flow, step, s, marks, (j, to, net) => {
      if (!into[j]) { into[j] = 1; ways[j] = { step: s, value: to[0], entry: to[1], net }; }
    });
    if (found) walks.set(s, found);
  }
  return { marks, next, walks };
}

function stepBack(flow, step, s, marks, mark) {
  // The entries of a step's input behind the marked entries of its outputs; its net's walk, if it has one.
  const units = flow.values[step.input].units, wanted = new Map(); // entry before rearranging -> [value, entry] behind it
  let position = 0, drawn = null;
  for (const v of step.outputs) {
    const row = marks.get(v), n = flow.values[v].units;
    for (let e = 0; row && e < n; e++) {
      if (!row[e]) continue;
      const k = position + e;
      if (step.drawn === "over" || (step.drawn === "behind" && k >= units)) { drawn = drawn || [v, e]; continue; }
      const sources = step.order ? step.order.subarray(k * step.reads, (k + 1) * step.reads) : [k];
      for (const j of sources) if (!wanted.has(j)) wanted.set(j, [v, e]);
    }
    position += n;
  }
  if (step.groups) spread(step.groups, wanted);
  for (const [j, to] of wanted) mark(j, to, false);
  if (drawn) for (let j = 0; j < units; j++) mark(j, drawn, true);
  return step.net === null ? null : throughNet(step, wanted, mark);
}

function spread(groups, wanted) {
  // Where one entry of a group is wanted, all of the group are.
  const first = new Map();
  for (const [j, to] of wanted) if (!first.has(groups[j])) first.set(groups[j], to);
  groups.forEach((g, j) => { if (first.has(g) && !wanted.has(j)) wanted.set(j, first.get(g)); });
}

function throughNet(step, wanted, mark) {
  // What the parameters of the wanted entries depend on, through the step's net.
  const net = DATA.nets[step.net];
  const insideOf = []; // the entries that the net's x holds, where it holds only those that are kept
  const rowOf = new Map(); // entry -> row of parameters
  if (step.kept) {
    let moved = 0;
    step.kept.forEach((keep, j) => { if (keep) insideOf.push(j); else rowOf.set(j, step.sliced ? moved++ : j); });
  }
  const rows = [], back = new Map();
  const ask = (j, to) => {
    const row = step.kept ? rowOf.get(j) : j;
    if (row === undefined) return;
    const unit = headUnit(net, row);
    if (!back.has(unit)) { back.set(unit, to); rows.push(row); }
  };
  for (const [j, to] of wanted) ask(j, to);
  let walked = walkNet(step.net, rows);
  const x = net.nodes.findIndex((n) => n && n.edges.kind === "source" && n.edges.x);
  if (x < 0) return walked;
  for (let more = true; more && step.closed; ) { // an inverse by levels: what it reads has come about in the same way
    more = false;
    walked.marks[x].forEach((m, j) => { if (m && !wanted.has(j)) { wanted.set(j, back.values().next().value); ask(j, wanted.get(j)); more = true; } });
    if (more) walked = walkNet(step.net, rows);
  }
  walked.marks[x].forEach((m, u) => {
    if (!m) return;
    const j = step.kept && step.sliced ? insideOf[u] : u;
    if (!step.kept || step.kept[j]) mark(j, back.get(headOf(walked, x, u)) || back.values().next().value, true);
  });
  return walked;
}

function headOf(walked, node, unit) {
  // The unit of the head that a unit of some node leads to.
  while (node !== walked.net.output) {
    const to = walked.from[node][unit], own = walked.via[node][unit];
    if (to < 0) break;
    node = to; unit = own;
  }
  return unit;
}

function behind(d, v, step) {
  // What the entry that v has become behind a step (-1: all of them) depends on, over the variables of x.
  const flow = flowOf(d), last = step < 0 ? flow.steps.length - 1 : step;
  const there = locate(flow, v, last), way = backwards(flow, there.value, there.entry);
  const row = way.marks.get(0) || new Uint8Array(flow.values[0].units);
  return { row, there, way, last };
}

// --- the steps on the page --------------------------------------------------------------------------------------------

function chain() {
  const list = at("chain"), flow = atFlow() ? flowOf(state.density) : null;
  list.replaceChildren();
  at("steps").hidden = !flow;
  if (!flow) return;
  const ends = new Map(flow.parts.map((p) => [p.value, p]));
  const row = (name, text, line, kind, pick) => {
    const item = document.createElement(pick ? "button" : "p");
    item.append(bold(name), `  ${text}`); item.className = kind;
    if (pick) { item.type = "button"; item.addEventListener("click", pick); item.addEventListener("focus", () => highlight(line)); }
    item.addEventListener("mouseenter", () => highlight(line));
    list.append(item);
    return item;
  };
  row(flow.of, `${flow.values[0].shape}${flow.values[0].lies ? ` · ${flow.values[0].lies}` : ""}`, flow.line, "end");
  flow.steps.forEach((step, s) => {
    const shapes = step.outputs.map((v) => flow.values[v].shape).join(" + ");
    const cost = step.parameters ? ` · ${step.parameters.toLocaleString("en")} parameters` : "";
    row(step.id, `${step.op} → ${shapes} · ${step.proof}${cost}`, step.line, "step", () => pickStep(state.step === s ? -1 : s));
    for (const v of step.outputs) if (ends.has(v)) leaves(flow, ends.get(v), row);
  });
  if (ends.has(0)) leaves(flow, ends.get(0), row);
}

function leaves(flow, part, row) {
  row(`↳ ${part.name}`, `${flow.values[part.value].shape} ends in ${part.words}`, part.line, "leaves");
}

function pressed() {
  let s = 0;
  for (const item of at("chain").children) if (item.type === "button") item.setAttribute("aria-pressed", String(s++ === state.step));
}

function pickStep(s) {
  state.step = s; state.layer = -1; state.witness = null;
  if (s >= 0 && state.way === "seen by") { state.way = "sees"; at("way").value = "sees"; }
  nodes();
  refresh();
  highlight(s < 0 ? flowOf(state.density).line : flowOf(state.density).steps[s].line);
  const item = [...at("chain").children].filter((e) => e.type === "button")[s];
  if (item) { const box = at("chain"); box.scrollTop = Math.max(0, item.offsetTop - box.clientHeight / 2); }
}

function halves() {
  // Which entries of the step's input pass and which are transformed, at the places of x where each is one of them.
  const flow = atFlow() ? flowOf(state.density) : null, step = flow && state.step >= 0 ? flow.steps[state.step] : null;
  at("stepbox").hidden = !step;
  if (!step) return;
  const value = flow.values[step.input], entries = flow.entries[step.input], spread = entries.every((v) => v >= 0);
  const shape = spread ? here() : value, left = size(here()) - value.units, say = (n) => n.toLocaleString("en");
  const [codes, words, legend] = entryCodes(flow, step, entries, value);
  at("stepwords").textContent = `${step.id}: ${step.op}; ${value.shape} → ${step.outputs.map((v) => flow.values[v].shape).join(" + ")}; ${step.proof}; ${words}`;
  at("halfbox").hidden = !codes || (step.kept && !state.masks);
  if (at("halfbox").hidden) return;
  at("halfhow").textContent = `${spread ? `Each entry stands where it is in ${flow.of}` : "The value in its own shape"}${left > 0 ? `; ${say(left)} have left before` : ""}.`;
  ["half", "moved", "left"].forEach((name, k) => { at(`${name}legend`).hidden = !legend[k]; at(`${name}words`).textContent = legend[k] || ""; });
  const tones = ["barred", "seen", "missing"].map(color), [count, rows, columns] = panels(shape), back = new Map();
  const place = new Int32Array(count * rows * columns).fill(-1);
  entries.forEach((v, j) => { const k = index(shape, spread ? v : j); place[k] = j; back.set(k, spread ? v : -1); });
  draw(at("half"), count, rows, columns, place.length, (pen, k, x, y, side) => {
    if (place[k] < 0) return;
    pen.fillStyle = tones[codes[place[k]]];
    pen.fillRect(x, y, side, side);
    if (back.get(k) === state.variable) { pen.strokeStyle = color("text"); pen.lineWidth = 2; pen.strokeRect(x + 1, y + 1, Math.max(1, side - 2), Math.max(1, side - 2)); }
  });
  at("half").back = spread ? back : null;
}

function entryCodes(flow, step, entries, value) {
  // A code for each entry of a step's input, what the step does in words, and the legend of codes 1, 0 and 2.
  const codes = new Uint8Array(value.units), say = (n) => n.toLocaleString("en"), own = entries.indexOf(state.variable);
  if (step.kept) {
    const moved = step.kept.reduce((n, k) => n + (k ? 0 : 1), 0);
    step.kept.forEach((k, j) => { codes[j] = k ? 1 : 0; });
    return [codes, `${say(value.units - moved)} entries pass, ${say(moved)} are moved`, ["passes, and the net reads it", "moved", ""]];
  }
  if (step.net !== null) {
    const x = found ? found.net.nodes.findIndex((n) => n && n.edges.kind === "source" && n.edges.x) : -1;
    if (x >= 0) found.marks[x].forEach((m, j) => { codes[j] = m; });
    return [codes, step.ordered ? "every entry is moved, given those before it in the order" : "every entry is carried along a velocity that reads the others", ["its parameters read it", "they do not", ""]];
  }
  if (step.groups) {
    step.groups.forEach((g, j) => { codes[j] = own >= 0 && g === step.groups[own] ? 1 : 0; });
    return [codes, `entries are joined in ${say(new Set(step.groups).size)} groups`, ["joined with the chosen one", "in another group", ""]];
  }
  if (step.drawn) return [null, step.drawn === "over" ? "noise is drawn given the value" : "the latent is drawn given the value", []];
  if (step.outputs.length > 1) {
    const stays = new Set(flow.entries[step.outputs.at(-1)]);
    entries.forEach((v, j) => { codes[j] = v >= 0 && stays.has(v) ? 1 : 2; });
    return [codes, "the value is parted", ["goes on", "", "leaves here"]];
  }
  return [null, step.order ? "entries move about, and none is changed" : "every entry by itself", []];
}

function flowWords(name, seen, say) {
  const flow = flowOf(state.density), { there, last } = found_behind;
  const part = flow.parts.find((p) => p.value === there.value), mine = seen + 1;
  const depends = seen ? `depends on ${say(mine)} of ${say(size(here()))} variables of ${flow.of}` : "depends on nothing but itself";
  if (state.step >= 0 && part && there.step >= 0 && flow.steps[there.step].outputs.length > 1 && there.step < last) return `${name} has left at ${flow.steps[there.step].id}: its entry there ${depends}`;
  if (state.step >= 0) return `behind ${flow.steps[state.step].id}, what ${name} has become ${depends}`;
  return `the ${part && flow.parts.length > 1 ? `entry of ${part.name}` : "latent"} that ${name} becomes ${depends}`;
}

function flowWitness(j) {
  // The steps by which a variable of x gets into the entry that is shown.
  const flow = flowOf(state.density), { there, way } = found_behind, from = nameOf(here(), j);
  if (!way.marks.get(0)?.[j]) return `no path from ${from}: what is shown does not depend on it`;
  const path = [from];
  let value = 0, entry = j;
  while (!(value === there.value && entry === there.entry)) {
    const to = way.next.get(value)?.[entry];
    if (!to) break;
    const before = flow.entries[value][entry], after = flow.entries[to.value][to.entry];
    if (to.net || before !== after) path.push(`${flow.steps[to.step].id}${to.net ? "'s net" : ""}${after >= 0 ? ` into the entry of ${nameOf(here(), after)}` : ""}`);
    value = to.value; entry = to.entry;
  }
  return path.length > 1 ? path.join(" → ") : `${from} → through every step, in its own place`;
}
