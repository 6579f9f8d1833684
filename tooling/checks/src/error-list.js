/**
 * One row of `ERROR_TABLE` in packages/packet.
 * @typedef {{ readonly retryable: boolean, readonly raisedBy: string, readonly meaning: string, readonly action: string }} ErrorRow
 */

/**
 * What is wrong with the closed list of error codes: each is provoked by a test, or raised by
 * nothing yet and said to be raised later.
 * @param {Iterable<string>} codes the closed list
 * @param {ReadonlySet<string>} provoked the codes that tests provoke
 * @param {ReadonlySet<string>} raised the codes that sources raise today
 * @param {Readonly<Record<string, string>>} raisedLater code → the later work that raises it
 * @returns {readonly string[]}
 */
export function errorFaults(codes, provoked, raised, raisedLater) {
  const known = new Set(codes)
  const faults = []
  for (const code of known) {
    const later = Object.hasOwn(raisedLater, code)
    if (!provoked.has(code) && !later)
      faults.push(`${code}: no test provokes it, and raised-later.json does not say what will`)
    if (later && raised.has(code) && !provoked.has(code))
      faults.push(`${code}: is raised today: write the test, and take it out of raised-later.json`)
    if (provoked.has(code) && later) faults.push(`${code}: a test provokes it: take it out of raised-later.json`)
    if (later && raisedLater[code]?.trim() === "") faults.push(`${code}: raised-later.json does not say what raises it`)
  }
  for (const code of Object.keys(raisedLater))
    if (!known.has(code)) faults.push(`${code}: in raised-later.json, but not in ERROR_TABLE`)
  return faults
}

/**
 * The text of docs/errors.md.
 * @param {Readonly<Record<string, ErrorRow>>} table `ERROR_TABLE`
 */
export function errorsPage(table) {
  const rows = Object.entries(table).map(
    ([code, row]) =>
      `| \`${code}\` | ${row.raisedBy} | ${row.meaning} | ${row.action} | ${row.retryable ? "yes" : "no"} |`,
  )
  return `# Errors

Every failure is a \`BusError\` with one \`code\` of this closed list. Codes are API: they do not change within a version
of the protocol; messages are for people and may. \`error.details\` holds the facts that a row names, \`error.cause\` what
led to it in the same process.

"Retry" says whether the same call, unchanged, may succeed later (\`error.retryable\`). What users run into, by symptom, is
in [troubleshooting.md](troubleshooting.md).

| code | raised by | meaning | what to do | retry |
|---|---|---|---|---|
${rows.join("\n")}

Generated from \`ERROR_TABLE\` in \`packages/packet/src/error-table.ts\` by \`pnpm docs:errors\`; \`pnpm check:errors\` fails
when it is out of date, and on a code that no test provokes.
`
}
