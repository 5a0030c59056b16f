// Runs in the page: what stands where. Boxes are {left, top, right, bottom} in pixels of the page.
const WORD = /[^\s\p{Dash}/]+/gu; // what a line should not end within
const DOTS = /…|\.\.\./;
const MARK = ":is(.highcharts-graph, .highcharts-area, .highcharts-point:not(.highcharts-a11y-dummy-point))";
const SHAPES = `.highcharts-series-group ${MARK}`; // the legend has such shapes too
const PAGES = "[data-test=paginator]"; // the numbers of a table's pages, which may leave some out

export function look() {
  const box = ({ left, top, right, bottom }) => ({ left, top: top + scrollY, right, bottom: bottom + scrollY });
  const meet = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });

  // For screen readers only: a text cut to a pixel, or moved away.
  const isUnseen = (element) => {
    const style = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return style.visibility === "hidden" || style.opacity === "0" || style.clip !== "auto" || (width <= 1 && height <= 1);
  };

  const upTo = (element, panel) => (element === panel || !element ? [] : [element, ...upTo(element.parentElement, panel)]);

  const ellipsis = (element) =>
    getComputedStyle(element).textOverflow === "ellipsis" && element.scrollWidth > element.clientWidth + 1;

  const words = (node) =>
    [...node.data.matchAll(WORD)].map(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      return range;
    });

  const text = (node, panel) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const around = upTo(node.parentElement, panel);
    const clips = around.filter((element) => getComputedStyle(element).overflowX !== "visible" && !element.closest("svg"));
    const whole = box(range.getBoundingClientRect());
    return {
      text: node.data.trim(),
      box: whole,
      seen: clips.map((element) => box(element.getBoundingClientRect())).reduce(meet, whole),
      scrolls: clips.some((element) => element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "hidden"),
      shortened: (DOTS.test(node.data) && !node.parentElement.closest(PAGES)) || around.some(ellipsis),
      broken: words(node).filter((word) => word.getClientRects().length > 1).map(String),
      size: parseFloat(getComputedStyle(node.parentElement).fontSize),
      ...colours(node.parentElement),
    };
  };

  const colours = (element) => {
    const style = getComputedStyle(element);
    const inSvg = element instanceof SVGElement;
    const behind = upTo(element, null).map((each) => getComputedStyle(each).backgroundColor);
    const solid = behind.find((colour) => !/, 0\)$|transparent/.test(colour)) ?? "rgb(255, 255, 255)";
    return { colour: inSvg ? style.fill : style.color, background: inSvg ? null : solid };
  };

  const texts = (panel) => {
    const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const seen = node.data.trim() && !upTo(node.parentElement, panel).some(isUnseen) && !node.parentElement.closest("style, desc, title");
      if (seen) found.push(text(node, panel));
    }
    return found;
  };

  const isInked = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, index) => index % 4 === 3 && value > 0);
  };

  // Marks of a chart: what has a size and a colour, and is neither axis nor frame.
  const marks = (panel) => {
    const shapes = [...panel.querySelectorAll(SHAPES)];
    const sized = shapes.filter((shape) => shape.getBoundingClientRect().width + shape.getBoundingClientRect().height > 1);
    const canvases = [...panel.querySelectorAll("canvas")].filter(isInked);
    return sized.length + canvases.length + panel.querySelectorAll("tbody td, [data-test=majorValue]").length;
  };

  return [...document.querySelectorAll("[data-test=viz-item], [data-test=input-item]")].map((panel) => ({
    id: panel.dataset.id ?? panel.dataset.inputId,
    type: panel.dataset.vizType ?? panel.dataset.inputType,
    box: box(panel.getBoundingClientRect()),
    messages: [...panel.querySelectorAll("[data-test=message]")].map((message) => message.innerText.trim()),
    marks: marks(panel),
    texts: texts(panel),
  }));
}
