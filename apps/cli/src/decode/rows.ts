/** A name and what it is. */
export type Row = readonly [name: string, value: string]

/** Aligned lines under a title. */
export function formatRows(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ""].join("\n")
}

/**
 * A value as JSON. Another's data could redraw the reader's terminal by control characters, or turn the order of a line
 * round: they come as escapes, as do separators of lines.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}
