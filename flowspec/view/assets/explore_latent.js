// Behind an encoder: an entry of z and the variables that it depends on, side by side; a click on either side asks the other.

const latent = { relation: 0, part: false, chosen: 0 }; // `part`: whether the chosen one is on the second side

const relationsOf = () => (atFlow() ? flowOf(state.density).encoded : []);
const sides = (r) => (latent.part ? [r.parts, r.wholes] : [r.wholes, r.parts]); // that of the chosen one, and the other

function related(r, whole) {
  // Of each on the other side whether it is related to the chosen one.
  const [, other] = sides(r), width = (size(r.parts) + 7) >> 3, row = new Uint8Array(size(other));
  for (let k = 0; k < row.length; k++) row[k] = latent.part ? bit(r.bytes, k, width, whole) : bit(r.bytes, whole, width, k);
  return row;
}

function startLatent() {
  const pick = at("relation"), found = relationsOf();
  at("latentbox").hidden = !found.length;
  if (!found.length) return;
  const words = { drawn: "what z depends on as it is drawn", latent: "what z depends on behind the steps that follow", read: "what of z it uses" };
  pick.replaceChildren(...found.map((r, k) => new Option(`${r.node.replace(/\.z$/, "")}: ${words[r.role]}`, k)));
  latent.relation = 0;
  pick.value = 0;
  chooseLatent(false, centreOf(found[0].wholes));
}

const centreOf = (d) => d.sites.reduce((v, n) => v * n + Math.floor(n / 2), d.channels - 1);

function chooseLatent(part, v) {
  Object.assign(latent, { part, chosen: v });
  drawLatent();
}

function drawLatent() {
  const r = relationsOf()[latent.relation];
  if (!r) return;
  const [own, other] = sides(r), row = related(r, latent.chosen), ids = ["whole", "part"];
  [r.wholes, r.parts].forEach((d, k) => {
    const chosen = Boolean(k) === latent.part, title = d.of === "z" ? "z" : d.of === "x" ? "x" : "what the encoder reads";
    at(`${ids[k]}name`).textContent = chosen ? `${title}: ${nameOf(d, latent.chosen)} is chosen` : title;
    drawSide(at(ids[k]), d, (v) => color(chosen ? (v === latent.chosen ? "itself" : "barred") : row[v] ? "seen" : "barred"));
  });
  at("latentwords").textContent = latentWords(r, nameOf(own, latent.chosen), row.reduce((a, b) => a + b, 0), size(other));
}

function drawSide(canvas, d, fill) {
  const [count, rows, columns] = panels(d), total = count * rows * columns, back = new Map();
  for (let v = 0; v < size(d); v++) back.set(index(d, v), v);
  draw(canvas, count, rows, columns, total, (pen, k, x, y, side) => {
    if (!back.has(k)) return;
    pen.fillStyle = fill(back.get(k));
    pen.fillRect(x, y, side, side);
  });
  canvas.back = back;
}

function latentWords(r, name, seen, total) {
  const of = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`, count = seen.toLocaleString("en");
  const entries = of(total, "entry of z", "entries of z"), read = r.role === "read", x = r[read ? "wholes" : "parts"].of === "x";
  const variables = `${of(total, "variable", "variables")} of ${x ? "x" : "what the encoder reads"}`;
  const decoder = r.direct ? "p(x | z)" : r.node.replace(/\.z$/, ""), posterior = r.direct ? "q(z | x)" : `the posterior of ${r.node}`;
  if (read) return latent.part ? `${name} is used for ${count} of ${variables} by ${decoder}` : `${decoder} uses ${count} of ${entries} for ${name}`;
  const noise = "with the noise of the draw held fixed";
  if (latent.part) return `${noise} ${count} of ${entries} depend on ${name}`;
  return r.role === "drawn" ? `${name} is drawn from ${posterior}: ${noise} it depends on ${count} of ${variables}` : `${noise} what ${name} becomes depends on ${count} of ${variables}`;
}

function wireLatent() {
  at("relation").addEventListener("change", (event) => {
    latent.relation = Number(event.target.value);
    chooseLatent(false, centreOf(relationsOf()[latent.relation].wholes));
    highlight(relationsOf()[latent.relation].line);
  });
  ["whole", "part"].forEach((id, k) => {
    at(id).addEventListener("click", (event) => {
      const v = at(id).back.get(hit(at(id), event));
      if (v !== undefined) chooseLatent(Boolean(k), v);
    });
    at(id).addEventListener("keydown", (event) => {
      if (!/^(Arrow|Page)/.test(event.key)) return;
      event.preventDefault();
      const r = relationsOf()[latent.relation], d = k ? r.parts : r.wholes;
      chooseLatent(Boolean(k), latent.part === Boolean(k) ? moved(d, latent.chosen, event.key) : centreOf(d));
    });
  });
}

window.flowspec.related = (relation, part, v) => { // for tests and for the curious
  Object.assign(latent, { relation, part, chosen: v });
  return Array.from(related(relationsOf()[relation], v));
};
