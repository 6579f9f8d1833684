import { tableLines } from "./table-lines.ts"
import type { Terminal } from "./terminal.ts"

/** How a list is shown: each item as a line of JSON, or as a row of a table. */
export interface RowsOptions<T> {
  readonly json: boolean
  readonly heading: readonly string[]
  readonly row: (item: T) => readonly string[]
  /** What stderr says in place of a table where there is nothing to show. */
  readonly none: string
}

/** Prints a list: lines of JSON, or a table under a heading. */
export async function printRows<T>(
  items: readonly T[],
  { json, heading, row, none }: RowsOptions<T>,
  terminal: Terminal,
): Promise<void> {
  if (json) for (const item of items) await terminal.out(`${JSON.stringify(item)}\n`)
  else if (items.length === 0) await terminal.err(`${none}\n`)
  else for (const line of tableLines([heading, ...items.map(row)])) await terminal.out(`${line}\n`)
}

/** What other clients say, in one cell: control characters could redraw the reader's terminal. */
export function cellText(text: string, limit = 60): string {
  return text.replace(/\p{Cc}/gu, "?").slice(0, limit)
}
