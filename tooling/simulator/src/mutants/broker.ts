import type { Mutant } from "./mutant.ts"

const HOSTED_STREAMS = "packages/dispatcher/src/hosted-streams.ts"
const STREAM_LOG = "packages/dispatcher/src/stream-log.ts"
const LOG_READER = "packages/dispatcher/src/log-reader.ts"
const RELAY = "packages/dispatcher/src/relay.ts"

/** Defects of a broker. */
export const BROKER_MUTANTS: readonly Mutant[] = [
  {
    name: "fence-ignored",
    file: HOSTED_STREAMS,
    search: "(isLive && before.claim.clientId !== claim.clientId && !claimant.mayTakeOver)",
    replacement: '(isLive && claim.clientId === "")',
    breaks: "Another client claims a stream that is being written.",
  },
  {
    name: "epoch-used-twice",
    file: HOSTED_STREAMS,
    search: "const epoch = epochs.next(last)",
    replacement: "const epoch = last ?? epochs.next(last)",
    breaks: "The next claim of a stream gets the epoch of the one before.",
  },
  {
    name: "delivery-before-durability",
    file: STREAM_LOG,
    search:
      "    this.#inOrder(\n      () => this.#journal.append(runs),\n      bytes,\n      () => this.#deliver(runs),",
    replacement:
      "    this.#deliver(runs)\n    this.#inOrder(\n      () => this.#journal.append(runs),\n      bytes,\n      () => {},",
    breaks: "Readers get chunks that the journal has not kept yet.",
  },
  {
    name: "outcome-before-the-journal",
    file: "packages/dispatcher/src/hosted-writer.ts",
    search: "if (this.#reader.completed && !this.#journaled()) return false",
    replacement: "void this.#journaled",
    breaks: "The writer of a hosted stream hears complete before the outcome is journaled.",
  },
  {
    name: "offset-used-twice",
    file: "packages/dispatcher/src/run-builder.ts",
    search: "    this.#first = this.#next\n    this.#firstMessage = this.#message\n    this.#cost = 0\n",
    replacement:
      "    this.#next--\n    this.#first = this.#next\n    this.#firstMessage = this.#message\n    this.#cost = 0\n",
    breaks: "A number of a log is given again.",
  },
  {
    name: "copied-frame-numbered-as-before",
    file: "packages/dispatcher/src/run-builder.ts",
    search: "setFrameNumber(bytes, offset, number++)",
    replacement: "setFrameNumber(bytes, offset, Math.max(0, number++ - 1))",
    breaks: "An offset of a topic names two messages.",
  },
  {
    name: "resume-one-too-late",
    file: "packages/session/src/attachment.ts",
    search: "formatIncarnation(reader.incarnation), ...reader.position }",
    replacement: "formatIncarnation(reader.incarnation), ...reader.position, main: reader.position.main + 1 }",
    breaks: "An attachment goes on one chunk behind where it stood.",
  },
  {
    name: "cursor-one-too-late",
    file: "packages/client/src/attached.ts",
    search: "main: reader.lane(Lane.main).position,",
    replacement: "main: reader.lane(Lane.main).position + 1,",
    breaks: "A cursor names the chunk after the one that comes next.",
  },
  {
    name: "reader-credit-ignored",
    file: LOG_READER,
    search: "if (this.#address !== this.#log.identity.alias || run.cost > lane.credit) {",
    replacement: "if (this.#address !== this.#log.identity.alias) {",
    breaks: "A reader at the tail is sent more than it granted.",
  },
  {
    name: "eviction-untold",
    file: LOG_READER,
    search: "    output.control(0, lane.skip(bounds))\n",
    replacement: "    lane.skip(bounds)\n",
    breaks: "A broker does not say what its ring has evicted.",
  },
  {
    name: "new-beginning-untold",
    file: "packages/dispatcher/src/reader-lane.ts",
    search: "this.#epochGapDue = position.otherEpoch",
    replacement: "this.#epochGapDue = position.next < 0",
    breaks: "A reader is not told that a log began anew.",
  },
  {
    name: "outcome-untold",
    file: LOG_READER,
    search: "if (log.outcome !== undefined) this.stateOutcome()",
    replacement: "void log.outcome",
    breaks: "Who attaches to a finished stream is not told its outcome.",
  },
  {
    name: "cancel-lost-at-the-broker",
    file: "packages/dispatcher/src/hosted-stream.ts",
    search: "    this.#intake.reader.cancel(reason)\n",
    replacement: "    void reason\n",
    breaks: "A viewer's cancel does not reach the writer.",
  },
  {
    name: "drop-untold",
    file: RELAY,
    search: "    const ranges = dropped.list()\n",
    replacement: "    const ranges = dropped.list().slice(1)\n",
    breaks: "A broker drops relayed data and does not name the hole.",
  },
  {
    name: "relay-window-never-ends",
    file: RELAY,
    search: "    this.#ended = true\n    this.#stopWindow()\n",
    replacement: "    this.#ended = true\n",
    breaks: "A relay that has ended leaves its timer set.",
  },
  {
    name: "retention-never-ends",
    file: "packages/dispatcher/src/retention.ts",
    search: "      this.removeOldest()\n",
    replacement: "",
    breaks: "A finished stream is kept for ever.",
  },
  {
    name: "publishers-interleave",
    file: "packages/dispatcher/src/publish-end.ts",
    search: "if (this.#held.count > 0 || (frame.flags & ChunkFlag.more) !== 0) {",
    replacement: "if (this.#held.count > 0) {",
    breaks: "Chunks of two publishers' messages interleave in a topic.",
  },
  {
    name: "publisher-unnamed",
    file: "packages/dispatcher/src/topic.ts",
    search: "return origin !== this.#origin",
    replacement: "return this.#origin === undefined && origin !== this.#origin",
    breaks: "A message bears the publisher of the message before it.",
    needs: "busy",
  },
]
