// What a reader would find wrong with a drawn dashboard, from the positions of its parts (`look.mjs`).
import { intersection, isAboveOrBelow, isBeside, overlap } from "./boxes.mjs";
import { contrast } from "./contrast.mjs";

const LEAST_SIZE = 10; // pixels of type
const LEAST_CONTRAST = 3; // WCAG 2.1, 1.4.11: between graphics and their background
const WRITTEN = new Set(["splunk.markdown", "splunk.rectangle", "splunk.ellipse", "splunk.image"]); // no data, no marks
const NOTHING = /^(N\/A|--|No data!?|No results found\.?|Search did not return any events\.?|Waiting for .*)$/i;

export function panelFaults(panels, expected, width) {
  const drawn = new Set(panels.map(({ id }) => id));
  const absent = expected.filter((id) => !drawn.has(id)).map((id) => fault(id, "is not drawn"));
  return [
    ...absent,
    ...panels.flatMap((panel) => [...content(panel), ...edges(panel, width), ...legibility(panel)]),
    ...overlaps(panels),
  ];
}

function* content({ id, type, messages, marks, axes, texts }) {
  yield* messages.map((message) => fault(id, `shows a message: ${message}`));
  yield* texts.filter(({ text }) => NOTHING.test(text)).map(({ text }) => fault(id, `shows nothing: ${text}`));
  const isEmpty = !messages.length && !marks && type.startsWith("splunk.") && !WRITTEN.has(type);
  if (isEmpty) yield fault(id, "has nothing drawn in it");
  if (marks && axes.includes(0)) yield fault(id, "has an axis without labels");
}

function* edges({ id, box, texts }, width) {
  if (isBeside(box, { left: 0, right: width })) yield fault(id, "leaves the page");
  for (const { text, box: whole, visible, scrolls, shortened } of texts) {
    const shown = intersection(whole, visible);
    if (shortened || isBeside(whole, visible) || (!scrolls && isAboveOrBelow(whole, visible))) {
      yield fault(id, `cuts the text ${text}`);
    } else if (isBeside(shown, box) || isAboveOrBelow(shown, box)) {
      yield fault(id, `lets the text ${text} run over its edge`);
    }
  }
}

function* legibility({ id, texts }) {
  const [first, ...more] = texts.flatMap(({ shortened, broken }) => (shortened ? [] : broken));
  if (first) yield fault(id, `breaks the word ${first}, and ${more.length} more`);
  for (const { text, size, colour, background } of texts) {
    if (size < LEAST_SIZE) yield fault(id, `writes ${text} in ${size} pixels`);
    const isPale = background && contrast(colour, background) < LEAST_CONTRAST;
    if (isPale) yield fault(id, `writes ${text} in ${colour} on ${background}`);
  }
}

function* overlaps(panels) {
  for (const [one, other] of pairs(panels)) {
    if (overlap(one.box, other.box)) yield fault(one.id, `covers ${other.id}`);
  }
  for (const { id, texts } of panels) {
    const shown = texts.filter(({ visible }) => visible.bottom > visible.top);
    const [first, ...more] = pairs(shown).filter(([a, b]) => overlap(a.visible, b.visible));
    if (first) yield fault(id, `writes ${first[0].text} over ${first[1].text}, and ${more.length} more such pairs`);
  }
}

const fault = (id, message) => ({ where: id, message });
const pairs = (list) => list.flatMap((one, index) => list.slice(index + 1).map((other) => [one, other]));
