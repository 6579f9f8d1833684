/** Pieces at the front are given back when they are so many, and half of all. */
const MIN_FREED_PIECES = 64

/**
 * Which places in the broker's order the chunks of one topic have: one piece as long as number and position grow in
 * step, so that a topic which is published to alone has one.
 */
export class Trail {
  /** First number and first position of each piece, ascending; those below `#head` are gone. */
  #numbers: number[] = []
  #positions: number[] = []
  #head = 0
  /** Behind the last number. */
  #next = 0
  #evictedTo = 0

  /** Behind the position of the last chunk that is no longer held; 0: nothing was evicted. */
  get evictedTo(): number {
    return this.#evictedTo
  }

  /** The position behind the last chunk; 0 of a topic that never had one. */
  get end(): number {
    const last = this.#numbers.length - 1
    return last < this.#head ? this.#evictedTo : this.#positions[last]! + this.#next - this.#numbers[last]!
  }

  get pieceCount(): number {
    return this.#numbers.length - this.#head
  }

  /** Chunks from `number` on, which is the next, have positions from `position` on. */
  add(number: number, position: number, count: number): void {
    const last = this.#numbers.length - 1
    if (last < this.#head || this.#positions[last]! + number - this.#numbers[last]! !== position) {
      this.#numbers.push(number)
      this.#positions.push(position)
    }
    this.#next = number + count
  }

  /** Of a chunk that is held. */
  positionOf(number: number): number {
    const piece = this.#lastUpTo(this.#numbers, number)
    return this.#positions[piece]! + number - this.#numbers[piece]!
  }

  /** The first chunk that is at this position or behind it, of those that are held; the next number if there is none. */
  numberFrom(position: number): number {
    if (this.pieceCount === 0) return this.#next
    const piece = this.#lastUpTo(this.#positions, position)
    const number = this.#numbers[piece]! + Math.max(0, position - this.#positions[piece]!)
    return Math.min(number, this.#numbers[piece + 1] ?? this.#next)
  }

  /**
   * The first place from `position` on at which there is something to say: a held chunk, or the last that is not. Infinity
   * where there is none.
   */
  placeFrom(position: number): number {
    if (this.#evictedTo > position) return this.#evictedTo - 1
    const piece = this.#lastUpTo(this.#positions, position)
    const begin = this.#positions[piece]
    if (begin === undefined || piece < this.#head) return Number.POSITIVE_INFINITY
    const place = Math.max(begin, position)
    const pieceEnd = this.#numbers[piece + 1] ?? this.#next
    if (this.#numbers[piece]! + place - begin < pieceEnd) return place
    return this.#positions[piece + 1] ?? Number.POSITIVE_INFINITY
  }

  /** The first number behind `number` whose position may not follow in step. */
  pieceEnd(number: number): number {
    return this.#numbers[this.#lastUpTo(this.#numbers, number) + 1] ?? this.#next
  }

  /** Nothing below `first` is held any more. */
  trim(first: number): void {
    if (this.pieceCount === 0 || first <= this.#numbers[this.#head]!) return
    this.#evictedTo = this.positionOf(first - 1) + 1
    const piece = this.#lastUpTo(this.#numbers, first)
    this.#positions[piece] = this.#positions[piece]! + first - this.#numbers[piece]!
    this.#numbers[piece] = first
    this.#head = first === this.#next ? this.#numbers.length : piece
    if (this.#head < MIN_FREED_PIECES || this.#head * 2 < this.#numbers.length) return
    this.#numbers = this.#numbers.slice(this.#head)
    this.#positions = this.#positions.slice(this.#head)
    this.#head = 0
  }

  /** The last piece that begins at `n` or below; the first where none does. */
  #lastUpTo(starts: readonly number[], n: number): number {
    let low = this.#head
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= n) low = middle
      else high = middle - 1
    }
    return low
  }
}
