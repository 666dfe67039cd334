// The findings: every place underlined in the source, and links that light the line they speak of.

function source() {
  const list = at("source"), lines = DATA.source.replace(/\n$/, "").split("\n");
  lines.forEach((text, k) => {
    const item = document.createElement("li"), code = document.createElement("code");
    item.id = `line${k + 1}`;
    written(code, text);
    item.append(code);
    const hits = DATA.findings.filter((f) => f.line === k + 1);
    if (hits.length) underline(code, text, hits);
    const worst = ["error", "warning", "note"].find((s) => hits.some((f) => f.main && f.severity === s));
    if (worst) item.classList.add(worst);
    for (const words of new Set(hits.map((f) => f.words).filter((w) => w))) {
      const note = document.createElement("p");
      note.textContent = words;
      item.append(note);
    }
    list.append(item);
  });
  at("wrap").addEventListener("change", (event) => at("source").classList.toggle("wrapped", event.target.checked));
  wireFindings();
}

function written(code, text) {
  // A line with its trailing comment apart, so that the blanks before that need not be kept where lines are wrapped.
  const [, start, gap, comment] = /^(.*?\S)(\s+)(#.*)$/.exec(text) || [null, text || " ", "", ""];
  const blanks = document.createElement("span"), note = document.createElement("span");
  blanks.className = "gap"; blanks.textContent = gap;
  note.className = "comment"; note.textContent = comment;
  code.replaceChildren(start, ...(comment ? [blanks, note] : []));
}

function underline(code, text, hits) {
  // The spans of findings, marked in their line; where two overlap, the place that a finding is about wins.
  const found = hits.map((f) => {
    const start = Math.min([...text].length, f.start);
    return { ...f, start, end: Math.max(start + 1, f.end) };
  });
  const letters = [...text], last = Math.max(...found.map((f) => f.end)), parts = [];
  const over = (k) => found.find((f) => f.main && f.start <= k && k < f.end) || found.find((f) => f.start <= k && k < f.end);
  for (let k = 0; k < last; k++) {
    const hit = over(k), letter = letters[k] || " ";
    if (parts.length && parts.at(-1).hit === hit) parts.at(-1).text += letter;
    else parts.push({ hit, text: letter });
  }
  const rest = document.createElement("code"), tail = letters.slice(last).join("");
  if (tail) written(rest, tail);
  code.replaceChildren(...parts.map(({ hit, text }) => (hit ? marked(hit, text) : text)), ...rest.childNodes);
}

function marked(hit, text) {
  const mark = document.createElement("mark");
  mark.className = hit.main ? hit.severity : "other";
  mark.textContent = text;
  return mark;
}

function wireFindings() {
  // A place or a step of a trace lights its line while it is pointed at or focused; a click goes there.
  document.querySelectorAll("#findings a[data-line]").forEach((link) => {
    const light = () => lit(link.dataset.line);
    link.addEventListener("mouseenter", light);
    link.addEventListener("focus", light);
    link.addEventListener("click", (event) => {
      event.preventDefault(); // what stands behind # is the state of the page
      light();
      at(`line${link.dataset.line}`)?.scrollIntoView({ block: "center" });
    });
  });
}

function lit(line) {
  // Lights a line without moving the page away from the link: only the list of lines itself may scroll.
  document.querySelectorAll("#source .here").forEach((e) => e.classList.remove("here"));
  const item = at(`line${line}`), list = at("source");
  if (!item) return;
  item.classList.add("here");
  const top = item.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (top < 0 || top + item.clientHeight > list.clientHeight) list.scrollTop += top - list.clientHeight / 2;
}
