// Rectangles {left, top, right, bottom} in pixels of the page.
const SLACK = 1.5; // pixels that rounding may move an edge by

export const intersection = (a, b) => ({
  left: Math.max(a.left, b.left),
  top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
});

export const isBeside = (inner, outer) => inner.left < outer.left - SLACK || inner.right > outer.right + SLACK;

export const isAboveOrBelow = (inner, outer) => inner.top < outer.top - SLACK || inner.bottom > outer.bottom + SLACK;

export const overlap = (a, b) =>
  a.left < b.right - SLACK && b.left < a.right - SLACK && a.top < b.bottom - SLACK && b.top < a.bottom - SLACK;
