import type { Mutant } from "./mutant.ts"

const SEND_LANE = "packages/dual-stream/src/send-lane.ts"
const WRITER = "packages/dual-stream/src/writer.ts"

/** Defects of who writes a stream. */
export const WRITER_MUTANTS: readonly Mutant[] = [
  {
    name: "lost-end",
    file: SEND_LANE,
    search: "if (this.next === 0) return\n    const total",
    replacement: "if (this.next > 0) return\n    const total",
    breaks: "A lane that was used ends without an END.",
  },
  {
    name: "credit-without-overhead",
    file: SEND_LANE,
    search: "this.#costTotal += chunkCost(data.length)",
    replacement: "this.#costTotal += data.length",
    breaks: "The writer counts a chunk's data and not its overhead, and sends more than was granted.",
  },
  {
    name: "credit-ignored",
    file: SEND_LANE,
    search: "return chunk.costThrough - this.#costBase <= this.#ceiling",
    replacement: "return chunk.costThrough - this.#costBase <= this.#ceiling || this.#ceiling > this.#initialCeiling",
    breaks: "Once the reader has granted anything, the writer sends all that it has.",
  },
  {
    name: "forgets-what-was-sent",
    file: SEND_LANE,
    search: "this.#memory.acknowledge(cum)\n    this.#passed",
    replacement: "this.#memory.acknowledge(Math.max(cum, this.#sentBelow - 8))\n    this.#passed",
    breaks: "The writer lets go of chunks that its reader has not acknowledged.",
  },
  {
    name: "repair-of-the-next",
    file: SEND_LANE,
    search: "const number = this.#repairs.list(1)[0]![0]",
    replacement: "const number = this.#repairs.list(1)[0]![0] + 1",
    breaks: "Asked for a chunk, the writer sends the one after it.",
  },
  {
    name: "memory-kept-after-complete",
    file: SEND_LANE,
    search: "this.#memory.acknowledge(this.#memory.next)\n    this.#repairs",
    replacement: "this.#repairs",
    breaks: "A writer whose stream is over keeps what it holds.",
  },
  {
    name: "outcome-told-once",
    file: WRITER,
    search: "    if (this.#outcomeDue && this.#outcome !== undefined) {\n",
    replacement:
      "    if (this.#outcomeDue && this.#outcome !== undefined && !Object.isFrozen(this.#outcome)) {\n      Object.freeze(this.#outcome)\n",
    breaks: "The outcome is stated once, whatever becomes of it.",
  },
  {
    name: "suspended-for-ever",
    file: "packages/dual-stream/src/resume-window.ts",
    search: "if (windowMs !== undefined) this.#timer",
    replacement: "if (windowMs === -1) this.#timer",
    breaks: "A stream whose peer never comes back never expires.",
  },
  {
    name: "cancel-not-heard",
    file: WRITER,
    search: "else this.#stop.make(typeof reason",
    replacement: "else void (typeof reason",
    breaks: "A cancel reaches the writer, and its application does not hear of it.",
  },
]
