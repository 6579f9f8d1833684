/**
 * One package as far as its release is concerned.
 * @typedef {{
 *   readonly name: string
 *   readonly version: string
 *   readonly changed: readonly string[]
 * }} ReleaseState `changed`: files of the package that its users get, changed since the commit that set its version
 */

const BUMP = /^(?:"([^"]+)"|'([^']+)'|([^\s"':]+)): *(\S+)$/

/**
 * The packages that a changeset names, with their bumps.
 * @param {string} text a `.changeset/*.md`
 * @returns {ReadonlyMap<string, string>}
 */
export function namedPackages(text) {
  const front = /^---\r?\n([\s\S]*?)\r?\n?---/.exec(text)?.[1] ?? ""
  const named = front.split(/\r?\n/).flatMap((line) => {
    const match = BUMP.exec(line.trim())
    if (match === null) return []
    const [, double, single, bare, bump] = match
    return [/** @type {const} */ ([double ?? single ?? bare ?? "", bump ?? ""])]
  })
  return new Map(named)
}

/**
 * What is wrong with the changesets: every public package that was never released, or changed since its last release,
 * is named in one; none names a package that does not exist, and none is without words for users.
 * @param {readonly ReleaseState[]} packages the public packages
 * @param {ReadonlyMap<string, string>} changesets file name → text
 * @param {ReadonlySet<string>} known the names of all packages of the workspace
 * @returns {readonly string[]}
 */
export function changesetFaults(packages, changesets, known) {
  const faults = []
  const named = new Set()
  for (const [file, text] of changesets) {
    const bumps = namedPackages(text)
    for (const [name, bump] of bumps) {
      named.add(name)
      if (!known.has(name)) faults.push(`${file}: there is no package ${name}`)
      if (!["major", "minor", "patch"].includes(bump))
        faults.push(`${file}: "${bump}" is neither major, minor nor patch`)
    }
    if (bumps.size > 0 && /---\s*$/.test(text)) faults.push(`${file}: says nothing to the package's users`)
  }
  for (const { name, version, changed } of packages) {
    if (named.has(name)) continue
    if (version === "0.0.0") faults.push(`${name} was never released: no changeset names it`)
    else if (changed.length > 0) faults.push(`${name} changed since ${version} (${changed[0]}): no changeset names it`)
  }
  return faults
}
