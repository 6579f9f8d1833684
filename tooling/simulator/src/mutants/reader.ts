import type { Mutant } from "./mutant.ts"

const RECEIVE_LANE = "packages/dual-stream/src/receive-lane.ts"
const READER = "packages/dual-stream/src/reader.ts"
const DRAINABLE = "packages/dual-stream/src/drainable-items.ts"

/** Defects of who reads a stream. */
export const READER_MUTANTS: readonly Mutant[] = [
  {
    name: "ack-one-too-many",
    file: "packages/dual-stream/src/acknowledger.ts",
    search: "cum: lane.cum,",
    replacement: "cum: lane.cum + (lane.ended ? 0 : 1),",
    breaks: "A reader acknowledges the chunk that comes next.",
  },
  {
    name: "ack-over-a-hole",
    file: "packages/dual-stream/src/acknowledger.ts",
    search: "cum: lane.cum,",
    replacement: "cum: lane.ranges().at(-1)?.[0] ?? lane.cum,",
    breaks: "A reader that holds chunks behind a hole acknowledges the hole.",
  },
  {
    name: "credit-counted-twice",
    file: RECEIVE_LANE,
    search: "      this.#arrivedCost += item.cost\n      if (item.type",
    replacement: "      this.#arrivedCost += 2 * item.cost\n      if (item.type",
    breaks: "A chunk that arrives earns its credit twice.",
  },
  {
    name: "credit-for-the-untaken",
    file: RECEIVE_LANE,
    search: "return this.#arrivedCost - this.#unread.windowCost + this.#windowBytes",
    replacement: "return this.#arrivedCost + this.#windowBytes",
    breaks: "A reader grants credit for what its application has not taken.",
  },
  {
    name: "grant-never-renewed",
    file: RECEIVE_LANE,
    search: "    this.#ceiling = ceiling\n    return true",
    replacement: "    return false",
    breaks: "What the application takes earns no new credit.",
  },
  {
    name: "gap-not-told",
    file: RECEIVE_LANE,
    search: "        this.#pushGap(item.gap)\n",
    replacement: "",
    breaks: "Reading goes on behind a gap, and the application does not hear of it.",
  },
  {
    name: "duplicate-after-reconnect",
    file: RECEIVE_LANE,
    search: '      return "nothing"\n    }\n    if (this.#ended || number',
    replacement:
      '      if (!this.#ended && frame.type === FrameType.chunk) this.#unread.push(itemOf(frame) as Chunk)\n      return "nothing"\n    }\n    if (this.#ended || number',
    breaks: "A chunk that is sent again after a reconnection is handed over again.",
  },
  {
    name: "outcome-before-the-data",
    file: READER,
    search: "if (!arrived && this.#options.source.isPeer) return",
    replacement: "void arrived",
    breaks: "The outcome of a peer's stream is told before its data has arrived.",
  },
  {
    name: "complete-too-early",
    file: READER,
    search: "return lane.cum >= final && (!lane.hasUntaken || this.#interest?.isDrained(lane.lane) === true)",
    replacement: "return lane.cum >= final",
    breaks: "A reader states complete when everything has arrived, though its application has not taken it.",
  },
  {
    name: "hole-never-asked-for",
    file: "packages/dual-stream/src/hole-watch.ts",
    search: "    this.#askFrom = Math.min(this.#askFrom, from)\n    this.#events.due()",
    replacement: "    void from",
    breaks: "What is missing is never asked for.",
  },
  {
    name: "drained-lane-without-end",
    file: DRAINABLE,
    search: "    while (this.#drainedCost > keepCost) if (!this.#drop()) break\n",
    replacement:
      "    while (this.#drainedCost > keepCost) if (!this.#drop()) break\n    if (this.#dropped.rangeCount > 0) while (this.#queue.next !== undefined) this.#shift()\n",
    breaks: "A lane that is drained loses its END.",
  },
  {
    name: "drained-untold",
    file: DRAINABLE,
    search: "      this.#dropped.add(next.number)\n",
    replacement: "",
    breaks: "What is drained of a lane is not told of when the lane is read after all.",
  },
  {
    name: "wrong-digest-accepted",
    file: "packages/dual-stream/src/lane-digest.ts",
    search: "if (!agrees) {",
    replacement: "if (agrees === undefined) {",
    breaks: "An END whose digest does not agree with what arrived is accepted.",
  },
  {
    name: "rest-of-a-text-as-a-text",
    file: "packages/client/src/readable-lane.ts",
    search: "if (isRest) return undefined",
    replacement: "void isRest",
    breaks: "The rest of a text whose beginning went into a gap is handed over as a text.",
  },
]
