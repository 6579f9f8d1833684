/**
 * The bump that a change which breaks users asks for, and that every dependant's range therefore leaves out.
 * @param {string} version
 * @returns {"major" | "minor"}
 */
export function breakingBump(version) {
  return version.startsWith("0.") ? "minor" : "major"
}

/**
 * The packages that a new version of one concerns: itself, and those that it is installed with.
 * @param {string} name
 * @param {readonly import("./repository.js").WorkspacePackage[]} packages
 * @returns {ReadonlySet<string>}
 */
export function concernedBy(name, packages) {
  const dependants = packages.filter(({ manifest }) => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest
    return name in { ...dependencies, ...optionalDependencies, ...peerDependencies }
  })
  return new Set([name, ...dependants.map(({ manifest }) => manifest.name)])
}

/**
 * What is wrong with the versions after a release: a package that it concerns stayed, or another one moved.
 * @param {ReadonlyMap<string, string>} before name → version
 * @param {ReadonlyMap<string, string>} after
 * @param {ReadonlySet<string>} concerned
 * @returns {readonly string[]}
 */
export function versionFaults(before, after, concerned) {
  return [...before].flatMap(([name, version]) => {
    const moved = after.get(name) !== version
    if (moved === concerned.has(name)) return []
    return [moved ? `${name} went from ${version} to ${after.get(name)} for nothing` : `${name} stayed at ${version}`]
  })
}
