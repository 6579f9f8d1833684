/**
 * Reads a number of seconds off the command line.
 * @returns milliseconds; undefined when it is none
 */
export function parseSeconds(text: string): number | undefined {
  const seconds = Number(text)
  return text.trim() !== "" && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined
}
