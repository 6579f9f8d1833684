/**
 * Ends a check: prints what is wrong, one line each, or that all is well, and sets the exit code.
 * @param {string} check the check's name, as in `pnpm check:<name>`
 * @param {readonly string[]} faults
 * @param {string} summary what was looked at, for the line that says that all is well
 */
export function report(check, faults, summary) {
  for (const fault of faults) console.error(`${check}: ${fault}`)
  if (faults.length === 0) {
    console.log(`${check}: ${summary}`)
    return
  }
  console.error(`${check}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`)
  process.exitCode = 1
}
