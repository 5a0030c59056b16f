// What a reader would find wrong with a drawn dashboard, judged from what stands where (`look.js`).
const SLACK = 1.5; // pixels that rounding may move an edge by
const LEAST_SIZE = 10; // pixels of type
const LEAST_CONTRAST = 3; // WCAG 2.1, 1.4.11: of what must be told from its background
const WRITTEN = new Set(["splunk.markdown", "splunk.rectangle", "splunk.ellipse", "splunk.image"]); // no data, no marks
const NOTHING = /^(N\/A|--|No data!?|No results found\.?|Search did not return any events\.?|Waiting for .*)$/i;

export function panelFaults(panels, expected, width) {
  const drawn = new Set(panels.map(({ id }) => id));
  const absent = expected.filter((id) => !drawn.has(id)).map((id) => fault(id, "is not drawn"));
  return [...absent, ...panels.flatMap((panel) => [...content(panel), ...edges(panel, width), ...legibility(panel)]), ...overlaps(panels)];
}

function* content({ id, type, messages, marks, texts }) {
  yield* messages.map((said) => fault(id, `shows a message: ${said}`));
  yield* texts.filter(({ text }) => NOTHING.test(text)).map(({ text }) => fault(id, `shows nothing: ${text}`));
  if (!messages.length && !marks && type.startsWith("splunk.") && !WRITTEN.has(type)) yield fault(id, "has nothing drawn in it");
}

function* edges({ id, box, texts }, width) {
  if (box.left < -SLACK || box.right > width + SLACK) yield fault(id, "leaves the page");
  for (const { text, box: whole, seen, scrolls, shortened } of texts) {
    const beside = whole.left < seen.left - SLACK || whole.right > seen.right + SLACK;
    const below = !scrolls && (whole.top < seen.top - SLACK || whole.bottom > seen.bottom + SLACK);
    if (shortened || beside || below) yield fault(id, `cuts the text ${text}`);
    else if (!contains(box, meeting(whole, seen))) yield fault(id, `lets the text ${text} run over its edge`);
  }
}

function* legibility({ id, texts }) {
  const [first, ...more] = texts.flatMap(({ shortened, broken }) => (shortened ? [] : broken));
  if (first) yield fault(id, `breaks the word ${first}, and ${more.length} more`);
  for (const { text, size, colour, background } of texts) {
    if (size < LEAST_SIZE) yield fault(id, `writes ${text} in ${size} pixels`);
    if (background && contrast(colour, background) < LEAST_CONTRAST) yield fault(id, `writes ${text} in ${colour} on ${background}`);
  }
}

function* overlaps(panels) {
  for (const [one, other] of pairs(panels)) {
    if (overlap(one.box, other.box)) yield fault(one.id, `covers ${other.id}`);
  }
  for (const { id, texts } of panels) {
    const [first, ...more] = pairs(texts.filter(({ seen }) => seen.bottom > seen.top)).filter(([a, b]) => overlap(a.seen, b.seen));
    if (first) yield fault(id, `writes ${first[0].text} over ${first[1].text}, and ${more.length} more such pairs`);
  }
}

const fault = (id, said) => ({ where: id, said });
const pairs = (list) => list.flatMap((one, index) => list.slice(index + 1).map((other) => [one, other]));
const overlap = (a, b) =>
  a.left < b.right - SLACK && b.left < a.right - SLACK && a.top < b.bottom - SLACK && b.top < a.bottom - SLACK;
const contains = (outer, inner) =>
  inner.left >= outer.left - SLACK && inner.right <= outer.right + SLACK && inner.top >= outer.top - SLACK && inner.bottom <= outer.bottom + SLACK;
const meeting = (a, b) => ({
  left: Math.max(a.left, b.left),
  top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
});

// WCAG 2.1: relative luminance and contrast ratio.
function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => linear(Number(part) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
