// The manifest that goes into a tarball: without the condition that leads to sources, which stay here, and without what
// only this repository needs.

const SOURCE_CONDITION = "@luxbus/source"

/** A copy of an `exports` tree without the source condition; a branch that keeps only its default becomes that. */
function withoutSources(target) {
  if (typeof target !== "object" || target === null) return target
  const kept = Object.entries(target)
    .filter(([condition]) => condition !== SOURCE_CONDITION)
    .map(([condition, inner]) => [condition, withoutSources(inner)])
  return kept.length === 1 && kept[0][0] === "default" ? kept[0][1] : Object.fromEntries(kept)
}

function beforePacking({ exports, scripts, devDependencies, ...manifest }) {
  return exports === undefined ? manifest : { ...manifest, exports: withoutSources(exports) }
}

module.exports = { hooks: { beforePacking } }
