const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
}

/** Turns a JSON line of the log into one for people: time, level, message, then the facts as `name=value`. */
export function prettyLine(line: string): string {
  const { level, time, msg, ...facts }: Record<string, unknown> = JSON.parse(line)
  const clock = typeof time === "string" ? time.slice(11, 23) : ""
  const name = (LEVEL_NAMES[Number(level)] ?? "").padEnd(5)
  const rest = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  return `${[clock, name, msg, ...rest].join(" ")}\n`
}
