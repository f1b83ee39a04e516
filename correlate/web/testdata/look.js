// What a reader sees of the page, as boxes on the screen: text that is cut off, that
// overlaps other text or that is too small to read, and where the arrows begin and end.
(() => {
  const problems = [];
  const say = (problem) => { if (problems.length < 20) problems.push(problem); };
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) say(`the page is ${document.documentElement.scrollWidth} pixels wide, the window ${width}`);

  // Each line of each text, as far as it is shown.
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const holder = node.parentElement;
    const style = getComputedStyle(holder);
    if (style.visibility === "hidden" || !holder.checkVisibility()) continue;
    const svg = holder.closest("svg");
    if (svg && holder.localName === "title") continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const inside = svg ? svg.getBoundingClientRect() : null;
    const boxes = svg ? [holder.getBoundingClientRect()] : Array.from(range.getClientRects());
    for (const box of boxes) {
      if (box.width < 1 || box.height < 1) continue;
      const text = node.data.trim().slice(0, 60);
      if (box.left < -0.5 || box.right > width + 0.5) say(`"${text}" reaches from ${box.left} to ${box.right} of ${width}`);
      if (inside && (box.left < inside.left - 1 || box.right > inside.right + 1 || box.top < inside.top - 1 || box.bottom > inside.bottom + 1)) say(`"${text}" is cut off by its drawing`);
      if (box.height < 11) say(`"${text}" is ${box.height} pixels high`);
      lines.push({ text, svg, node, left: box.left, right: box.right, top: box.top, bottom: box.bottom });
    }
    for (let e = holder; e && e !== document.body; e = e.parentElement) {
      const s = getComputedStyle(e);
      if (!svg && s.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) say(`"${node.data.trim().slice(0, 60)}" is cut off by <${e.localName}>`);
    }
  }
  // Lines of one text may touch: their boxes are as high as the font. Of two texts they
  // overlap when they share more than two pixels each way.
  lines.sort((a, b) => a.top - b.top);
  for (let i = 0; i < lines.length; i++) {
    for (let k = i + 1; k < lines.length && lines[k].top < lines[i].bottom; k++) {
      const a = lines[i], b = lines[k];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (a.node !== b.node && wide > 2 && high > (a.svg ? 2 : 5)) say(`"${a.text}" and "${b.text}" overlap by ${wide} x ${high}`);
    }
  }

  const forged = [];
  let lost = 0;
  for (const svg of document.querySelectorAll("svg:not(.timeline)")) {
    if (!svg.checkVisibility()) continue;
    const at = (e, x) => new DOMPoint(e[x].baseVal.value, 0).matrixTransform(e.getScreenCTM()).x;
    const taps = Array.from(svg.querySelectorAll("line.tap")).map((e) => at(e, "x1")).sort((a, b) => a - b);
    const band = svg.querySelector(".band");
    const shade = band ? band.getBoundingClientRect() : null;
    for (const arrow of svg.querySelectorAll("line.arrow.forged")) {
      const from = at(arrow, "x1"), to = at(arrow, "x2");
      // Of a packet whose place is not estimated there is no band: it begins between the taps.
      const [left, right] = shade ? [shade.left, shade.right] : [taps[0] + 1, taps[1] - 1];
      if (from < left || from > right) say(`a forged arrow begins at ${from}, and it may from ${left} to ${right}`);
      const end = Math.abs(to - taps[0]) < 1 ? "client" : Math.abs(to - taps[1]) < 1 ? "server" : "";
      if (!end) say(`a forged arrow ends at ${to}, the taps are at ${taps}`);
      forged.push({ connection: "", end });
    }
    for (const arrow of svg.querySelectorAll("line.arrow.lost")) {
      const to = at(arrow, "x2");
      if (to > taps[0] + 5 && to < taps[1] - 5) lost++;
      else say(`a lost arrow ends at ${to}, the taps are at ${taps}`);
    }
  }
  const scripts = Array.from(document.querySelectorAll("*")).filter((e) => e.localName === "script" || Array.from(e.attributes).some((a) => a.name.startsWith("on"))).length;
  return JSON.stringify({ problems, forged, lost, scripts, text: document.body.innerText });
})()
