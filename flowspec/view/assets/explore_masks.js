// The masks of the chosen layer as `flowspec mask` draws them, shown or hidden; and what is chosen, kept over a reload.

const OPEN = 255, LONGEST = 400, LARGE = 14; // the byte of a cell all open; pixels along a panel, and of a cell

const maskOf = (node) => (node && node.mask !== null ? DATA.masks[node.mask] : null);
const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "0.0 %");

function openText(mask) {
  return `mask: ${mask.open.toLocaleString("en")} of ${mask.of.toLocaleString("en")} open (${share(mask.open, mask.of)})`;
}

function openMark(node) {
  // What stands in the list beside a layer with a mask.
  const mark = document.createElement("span"), mask = maskOf(node);
  mark.className = "open";
  mark.textContent = mask ? ` · ${openText(mask)}` : "";
  return mark;
}

function drawMasks(node) {
  const box = at("maskbox"), mask = maskOf(node), list = at("maskpanels");
  box.hidden = !state.masks;
  if (box.hidden) return;
  const none = node.edges.kind === "source" ? "it reads nothing" : "nothing that it connects is dropped";
  at("maskwords").textContent = mask ? `mask: ${mask.words.join("; ")}` : `no mask: ${none}`;
  at("masklegend").hidden = !mask || !mask.panels.length;
  const room = list.clientWidth || 320, key = [node.mask, room, color("seen"), window.devicePixelRatio].join();
  if (list.dataset.key === key) return; // another variable: the mask is the same
  list.dataset.key = key;
  const panels = mask ? mask.panels : [], captions = panels.map(caption), alike = new Set(captions).size === 1;
  list.replaceChildren(...panels.map((panel, k) => maskFigure(panel, room, alike ? "" : captions[k], captions[k])));
  at("maskhow").textContent = alike && panels.length ? `${panels.length > 1 ? "Each: " : ""}${captions[0]}.` : "";
}

function caption(panel) {
  const side = (way, name) => (`${name}s` === way ? way : `${way}: ${name}`);
  const words = panel.sides.map(([name, first, last], k) => name && `${side(k ? "columns" : "rows", name)} ${first} to ${last}`);
  const full = panel.full.map((n) => n.toLocaleString("en")).join(" x ");
  if (panel.joined) words.push(`${full} in all; a cell stands for about ${panel.joined} of them, its shade for the share that is open`);
  else if (panel.shaded) words.push("a shade is the share that is open");
  if (panel.site && panel.bytes.some((code) => code & 2)) words.push("a dot marks the site itself");
  return words.filter(Boolean).join("; ");
}

function maskFigure(panel, room, text, label) {
  const figure = document.createElement("figure"), title = document.createElement("figcaption"), canvas = document.createElement("canvas");
  title.textContent = panel.title;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${panel.title ? `${panel.title}: ` : ""}${label}`);
  figure.append(...(panel.title ? [title] : []), canvas);
  if (text) {
    const note = document.createElement("p");
    note.className = "hint"; note.textContent = text;
    figure.append(note);
    figure.className = "noted";
  }
  drawPanel(canvas, panel, Math.min(room, LONGEST));
  return figure;
}

function drawPanel(canvas, panel, room) {
  const { rows, columns, bytes } = panel, ratio = window.devicePixelRatio || 1;
  const cell = Math.max(1, Math.min(LARGE, Math.floor(room / Math.max(rows, columns)))), thin = Math.min(LARGE, Math.ceil(28 / Math.min(rows, columns)));
  const across = columns < rows ? Math.max(cell, thin) : cell, down = rows < columns ? Math.max(cell, thin) : cell;
  canvas.width = columns * across * ratio; canvas.height = rows * down * ratio;
  canvas.style.width = `${columns * across}px`; canvas.style.height = `${rows * down}px`;
  const pen = canvas.getContext("2d"), [seen, barred, paper, ink] = ["seen", "barred", "paper", "text"].map(color);
  const gap = Math.min(across, down) > 5 ? 1 : 0;
  pen.scale(ratio, ratio);
  for (let k = 0; k < rows * columns; k++) {
    const x = (k % columns) * across, y = Math.floor(k / columns) * down, open = panel.site ? (bytes[k] & 1) * OPEN : bytes[k];
    pen.fillStyle = barred;
    pen.fillRect(x, y, across - gap, down - gap);
    if (open) { pen.globalAlpha = open / OPEN; pen.fillStyle = seen; pen.fillRect(x, y, across - gap, down - gap); pen.globalAlpha = 1; }
    if (panel.site && bytes[k] & 2) {
      pen.fillStyle = open ? paper : ink;
      pen.beginPath();
      pen.arc(x + (across - gap) / 2, y + (down - gap) / 2, Math.max(1, across / 5), 0, 2 * Math.PI);
      pen.fill();
    }
  }
}

function tellMasks() {
  const button = at("masks");
  button.setAttribute("aria-pressed", String(state.masks));
  button.textContent = `masks: ${state.masks ? "shown" : "hidden"}`;
  document.body.dataset.masks = state.masks ? "shown" : "hidden";
}

function toggleMasks() {
  state.masks = !state.masks;
  tellMasks();
  refresh();
}

function wireMasks() {
  at("masks").hidden = !DATA.masks.length && !DATA.flows.some((flow) => flow.steps.some((step) => step.kept));
  if (at("masks").hidden) return;
  at("masks").addEventListener("click", toggleMasks);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    event.preventDefault();
    toggleMasks();
  });
}

// --- over a reload ----------------------------------------------------------------------------------------------------

const KEPT = `flowspec ${location.pathname}`;
const keyOf = (d) => (d < 0 ? `flow ${flowOf(d).id}` : `net ${DATA.densities[d].names.join()}`);
const options = () => [...at("density").options].map((option) => Number(option.value));

function remember() {
  // By name: after an edit the same variable, step and layer may have other numbers.
  const d = here(), step = atFlow() && state.step >= 0 ? d.steps[state.step].id : null;
  const layer = state.layer >= 0 ? shownNet().nodes[state.layer].id : null;
  const chosen = { density: keyOf(state.density), variable: nameOf(d, state.variable), step, layer, way: state.way, masks: state.masks };
  try { sessionStorage.setItem(KEPT, JSON.stringify(chosen)); } catch { /* a page without storage begins anew */ }
}

function remembered() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
}

function recall(chosen) {
  // Chooses again what was chosen before a reload, as far as it still exists.
  if (!chosen) return;
  state.masks = chosen.masks !== false;
  tellMasks();
  const density = options().find((d) => keyOf(d) === chosen.density);
  if (density === undefined) { refresh(); return; }
  if (density !== state.density) { at("density").value = density; choose(density); }
  const d = here();
  for (let v = 0; v < size(d); v++) if (nameOf(d, v) === chosen.variable) { state.variable = v; break; }
  if (chosen.way === "seen by" && !at("way").options[1].disabled) { state.way = "seen by"; at("way").value = "seen by"; }
  const step = atFlow() ? d.steps.findIndex((s) => s.id === chosen.step) : -1;
  if (step >= 0) pickStep(step);
  const net = shownNet();
  if (net && chosen.layer) state.layer = net.nodes.findIndex((n) => n && n.id === chosen.layer);
  refresh();
}
