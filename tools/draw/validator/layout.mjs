// Panels that cover each other or leave the page. Splunk's validator reads no positions.
const KEYS = new Set(["item", "type", "position", "width"]);

export function layoutFaults(definition) {
  return layouts(definition).flatMap(({ options, structure }) => [
    ...unknownKeys(structure),
    ...outside(structure, options?.width),
    ...covering(structure),
  ]);
}

const layouts = ({ layout }) => (layout?.type ? [layout] : Object.values(layout?.layoutDefinitions ?? {}));

function* unknownKeys(structure) {
  for (const block of structure) {
    const strange = Object.keys(block).filter((key) => !KEYS.has(key));
    if (strange.length) yield { where: `/layout/${block.item}`, message: `has unknown keys: ${strange.join(", ")}` };
  }
}

function* outside(structure, width = Infinity) {
  for (const { item, position } of structure) {
    const { x, y, w, h } = position;
    const fits = [x, y, w, h].every(Number.isFinite) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= width;
    if (!fits) yield { where: `/layout/${item}`, message: `is not on the page: ${JSON.stringify(position)}` };
  }
}

function* covering(structure) {
  for (const [index, one] of structure.entries()) {
    for (const other of structure.slice(index + 1)) {
      if (overlap(one.position, other.position)) {
        yield { where: `/layout/${one.item}`, message: `covers ${other.item}` };
      }
    }
  }
}

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
