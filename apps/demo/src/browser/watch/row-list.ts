import type { LogRow } from "./log-row.ts"

/** Rows in order, the oldest of which may go. */
export class RowList {
  #rows: LogRow[] = []
  #dropped = 0
  #changedFrom = 0

  get length(): number {
    return this.#rows.length
  }

  /** Rows that are gone from the front. */
  get dropped(): number {
    return this.#dropped
  }

  /** By place: 0 is the oldest that is still here. */
  at(index: number): LogRow | undefined {
    return this.#rows[index]
  }

  push(row: LogRow): void {
    this.#rows.push(row)
  }

  /** Says that a row near the end was changed. */
  touch(row: LogRow): void {
    const index = this.#rows.lastIndexOf(row)
    if (index >= 0) this.#changedFrom = Math.min(this.#changedFrom, index)
  }

  dropOldest(count: number): void {
    this.#rows.splice(0, count)
    this.#dropped += count
    this.#changedFrom = 0
  }

  /** The first place that may have changed since this was asked last; rows behind it may be new. */
  takeChangedFrom(): number {
    const from = this.#changedFrom
    this.#changedFrom = this.#rows.length
    return from
  }
}
