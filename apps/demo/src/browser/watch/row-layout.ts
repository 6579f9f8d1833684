import type { LogRow } from "./log-row.ts"
import type { RowList } from "./row-list.ts"

const NARROW = /^[\x20-\x7e]*$/
/** East Asian scripts, their punctuation and emoji: two columns in a fixed-width font. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** How many columns a text takes in a fixed-width font. */
export function columnsOf(text: string): number {
  if (NARROW.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += WIDE.test(character) ? 2 : 1
  return columns
}

/**
 * Where each row of a list stands when rows wrap at a number of columns: in lines of equal height, so that a hundred
 * thousand rows can be scrolled without being drawn.
 */
export class RowLayout {
  readonly #list: RowList
  readonly #columns: number
  /** Per row, the line behind its last one. */
  #ends: number[] = []
  #dropped: number

  /** A layout is the only reader of its list's changes. */
  constructor(list: RowList, columns: number) {
    this.#list = list
    this.#columns = Math.max(1, columns)
    this.#dropped = list.dropped
    list.takeChangedFrom()
    this.#layOut(0)
  }

  /** Lines of all rows. */
  get lines(): number {
    return this.#ends.at(-1) ?? 0
  }

  /**
   * Takes in what has changed in the list.
   * @returns how many lines are gone from the front
   */
  update(): number {
    const gone = this.top(this.#list.dropped - this.#dropped)
    this.#dropped = this.#list.dropped
    this.#layOut(Math.min(this.#list.takeChangedFrom(), this.#ends.length))
    return gone
  }

  /** The first line of a row. */
  top(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? this.lines)
  }

  /** How many lines a row takes. */
  height(index: number): number {
    return (this.#ends[index] ?? 0) - this.top(index)
  }

  /** The row that holds a line; the last one for lines behind it, 0 where there is none. */
  rowAt(line: number): number {
    let low = 0
    let high = Math.max(0, this.#ends.length - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ends[middle] ?? 0) > line) high = middle
      else low = middle + 1
    }
    return low
  }

  #layOut(from: number): void {
    this.#ends.length = from
    let line = this.lines
    for (let index = from; index < this.#list.length; index++) {
      const row = this.#list.at(index)
      line += row === undefined ? 0 : this.#heightOf(row)
      this.#ends.push(line)
    }
  }

  #heightOf(row: LogRow): number {
    return Math.max(1, Math.ceil(columnsOf(row.text) / this.#columns))
  }
}
