// Runs in the page: every text that a reader sees, where it stands, how much of it shows and how it is written.
import { intersection } from "./boxes.mjs";

const WORD = /\d{4}-\d\d-\d\d|[^\s\p{Dash}/]+/gu; // what a line should not end within: a date, or what has no dash
const DOTS = /…|\.\.\./;
const PAGES = "[data-test=paginator]"; // the numbers of a table's pages, which may leave some out
const NO_TEXT = "style, desc, title";
const CLEAR = /, 0\)$|transparent/;

export const box = ({ left, top, right, bottom }) => ({ left, top: top + scrollY, right, bottom: bottom + scrollY });

export function texts(part) {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const around = within(part, node.parentElement);
    const isShown = node.data.trim() && !around.some(isUnseen) && !node.parentElement.closest(NO_TEXT);
    if (isShown) found.push(text(node, around));
  }
  return found;
}

const within = (part, element) => (element === part ? [] : [element, ...within(part, element.parentElement)]);

// For screen readers only: cut to a pixel, or moved away.
function isUnseen(element) {
  const { visibility, opacity, clip } = getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  return visibility === "hidden" || opacity === "0" || clip !== "auto" || (width <= 1 && height <= 1);
}

function text(node, around) {
  const whole = range(node, 0, node.data.length);
  const clips = around.filter(
    (element) => getComputedStyle(element).overflowX !== "visible" && !element.closest("svg"),
  );
  return {
    text: node.data.trim(),
    box: box(whole.getBoundingClientRect()),
    visible: [whole, ...clips].map((each) => box(each.getBoundingClientRect())).reduce(intersection),
    scrolls: clips.some(scrolls),
    shortened: isShortened(node) || around.some((element) => isShortenedBy(element, whole)),
    broken: words(node)
      .filter((word) => word.getClientRects().length > 1)
      .map(String),
    size: parseFloat(getComputedStyle(node.parentElement).fontSize),
    ...colours(node.parentElement),
  };
}

function range(node, start, end) {
  const made = document.createRange();
  made.setStart(node, start);
  made.setEnd(node, end);
  return made;
}

const words = (node) =>
  [...node.data.matchAll(WORD)].map(({ 0: word, index }) => range(node, index, index + word.length));

const scrolls = (element) =>
  element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "hidden";

const isShortened = (node) => DOTS.test(node.data) && !node.parentElement.closest(PAGES);

const isShortenedBy = (element, whole) =>
  getComputedStyle(element).textOverflow === "ellipsis" &&
  element.getBoundingClientRect().width < whole.getBoundingClientRect().width;

// A text in a drawing has no background that could be asked for.
function colours(element) {
  const { color, fill } = getComputedStyle(element);
  if (element instanceof SVGElement) return { colour: fill, background: null };
  const behind = within(null, element).map((each) => getComputedStyle(each).backgroundColor);
  return { colour: color, background: behind.find((each) => !CLEAR.test(each)) ?? "rgb(255, 255, 255)" };
}
