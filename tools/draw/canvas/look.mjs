// Runs in the page: what is shown, and where. Boxes are {left, top, right, bottom} in pixels of the page.
import { box, texts } from "./texts.mjs";

const MARK = ":is(.highcharts-graph, .highcharts-area, .highcharts-point:not(.highcharts-a11y-dummy-point))";
const CHART = `.highcharts-series-group ${MARK}`; // the legend has such shapes too
const WRITTEN = "tbody td, [data-test=majorValue]"; // cells of a table, a single value
const PARTS = "[data-test=viz-item], [data-test=input-item]";

export const look = () =>
  [...document.querySelectorAll(PARTS)].map((part) => ({
    id: part.dataset.id ?? part.dataset.inputId,
    type: part.dataset.vizType ?? part.dataset.inputType,
    box: box(part.getBoundingClientRect()),
    messages: [...part.querySelectorAll("[data-test=message]")].map((message) => message.innerText.trim()),
    marks: marks(part),
    axes: [...part.querySelectorAll(".highcharts-axis-labels")].map(labels),
    texts: texts(part),
  }));

// How much stands for data: what has a size and a colour, and is neither axis nor frame.
function marks(part) {
  const shapes = [...part.querySelectorAll(CHART)].map((shape) => shape.getBoundingClientRect());
  const sized = shapes.filter(({ width, height }) => width + height > 1);
  const canvases = [...part.querySelectorAll("canvas")].filter(isInked);
  return sized.length + canvases.length + part.querySelectorAll(WRITTEN).length;
}

function isInked(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, index) => index % 4 === 3 && value > 0);
}

const labels = (axis) => [...axis.querySelectorAll("text")].filter(isVisible).length;

const isVisible = (text) => getComputedStyle(text).visibility !== "hidden" && text.textContent.trim();
