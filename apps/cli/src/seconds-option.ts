import { usageError } from "./parse-command-line.ts"
import { parseSeconds } from "./parse-seconds.ts"

/**
 * Reads an option that is a number of seconds.
 * @param text what was given; undefined: nothing, so that `defaultMs` holds
 * @returns milliseconds
 * @throws BusError the usage error of `command` for what is no number of seconds
 */
export function secondsOption(
  command: { readonly name: string },
  option: string,
  text: string | undefined,
  defaultMs: number,
): number {
  const ms = text === undefined ? defaultMs : parseSeconds(text)
  if (ms === undefined) throw usageError(command, `--${option} ${text} is no number of seconds`)
  return ms
}
