import type { RowList } from "./row-list.ts"

/** Where a text stands in a list of rows, whatever the case of its letters. */
export class LogSearch {
  readonly query: string
  readonly #list: RowList
  #matches: number[] = []
  #scanned = 0
  #dropped = 0

  constructor(list: RowList, query: string) {
    this.#list = list
    this.query = query.toLowerCase()
  }

  /** Places of the rows that hold it, oldest first. */
  get matches(): readonly number[] {
    return this.#matches
  }

  /** Takes in rows that are new. The newest may still grow, and is looked at again. */
  update(): void {
    this.#followDropped()
    if (this.query === "") return
    const from = Math.max(0, this.#scanned - RECENT_ROWS)
    while ((this.#matches.at(-1) ?? -1) >= from) this.#matches.pop()
    for (let index = from; index < this.#list.length; index++)
      if (this.#list.at(index)?.text.toLowerCase().includes(this.query)) this.#matches.push(index)
    this.#scanned = this.#list.length
  }

  /** The match after `row`, or before it; round at the end. Undefined where there is none. */
  neighbour(row: number, direction: 1 | -1): number | undefined {
    if (direction === 1) return this.#matches.find((match) => match > row) ?? this.#matches[0]
    return this.#matches.findLast((match) => match < row) ?? this.#matches.at(-1)
  }

  #followDropped(): void {
    const gone = this.#list.dropped - this.#dropped
    if (gone === 0) return
    this.#dropped = this.#list.dropped
    this.#scanned = Math.max(0, this.#scanned - gone)
    this.#matches = this.#matches.filter((match) => match >= gone).map((match) => match - gone)
  }
}

/** Rows at the end that may have grown since: the open line of either lane is rarely further back. */
const RECENT_ROWS = 50

/** A text in parts, those that match marked. */
export function markMatches(text: string, query: string): readonly { readonly text: string; readonly hit: boolean }[] {
  const needle = query.toLowerCase()
  if (needle === "") return [{ text, hit: false }]
  const haystack = text.toLowerCase()
  // Few letters change their length with their case; there the place would be wrong.
  if (haystack.length !== text.length) return [{ text, hit: haystack.includes(needle) }]
  const parts: { text: string; hit: boolean }[] = []
  let from = 0
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), hit: false })
    parts.push({ text: text.slice(at, at + needle.length), hit: true })
    from = at + needle.length
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), hit: false })
  return parts
}
