import type { Mutant } from "./mutant.ts"

const CONNECTION_CREDIT = "packages/session/src/connection-credit.ts"
const PEER_READERS = "packages/session/src/peer-readers.ts"
const DATA_LANES = "packages/session/src/data-lanes.ts"

/** Defects of sessions and connections. */
export const SESSION_MUTANTS: readonly Mutant[] = [
  {
    name: "error-behind-main",
    file: DATA_LANES,
    search: "    this.#fill(Lane.error, this.#error)\n    this.#fill(Lane.main, this.#main)\n",
    replacement: "    this.#fill(Lane.main, this.#main)\n    this.#fill(Lane.error, this.#error)\n",
    breaks: "What main has ready goes before error.",
  },
  {
    name: "connection-credit-never-renewed",
    file: CONNECTION_CREDIT,
    search: "    this.#granted = ceiling\n    return ceiling",
    replacement: "    return this.#received < 0 ? ceiling : undefined",
    breaks: "What a connection takes earns it no new credit.",
  },
  {
    name: "connection-credit-counted-twice",
    file: CONNECTION_CREDIT,
    search: "    const ceiling = this.#received + this.#windowCost\n",
    replacement: "    const ceiling = 2 * this.#received + this.#windowCost\n",
    breaks: "A connection grants credit twice for what it takes.",
  },
  {
    name: "second-session",
    file: "packages/server/src/client-connection.ts",
    search: "    replaced?.replaced.replacedBy(replaced.sameSession)\n",
    replacement: "",
    breaks: "The connection that another one replaces lives on under the same client id.",
  },
  {
    name: "accepted-again",
    file: PEER_READERS,
    search: "    this.#tombstones.add(entry.seq, endingOf(reader))\n",
    replacement: "",
    breaks: "A START repeated after its stream is over is accepted as a new stream.",
  },
  {
    name: "accepted-from-its-middle",
    file: PEER_READERS,
    search: "    if (fields.resume) return false\n",
    replacement: "",
    breaks: "A new process accepts the rest of a stream that the one before it had taken.",
  },
  {
    name: "half-a-message-published",
    file: "packages/session/src/publish-stream.ts",
    search: "    while (this.#insideMessage) {\n",
    replacement: "    while (this.#insideMessage && this.#next < 0) {\n",
    breaks: "The rest of a message whose beginning a connection took is published as one of its own.",
  },
  {
    name: "silence-unnoticed",
    file: "packages/session/src/multiplexer.ts",
    search:
      '      dead: () => this.terminate(new BusError("connection_lost", "The other side gives no sign of life.")),\n',
    replacement: "      dead: () => {},\n",
    breaks: "A connection on which nothing moves any more is never given up.",
  },
  {
    name: "timer-left-behind",
    file: "packages/session/src/multiplexer.ts",
    search: "    this.#heartbeat?.stop()\n",
    replacement: "",
    breaks: "A closed connection leaves its heartbeat's timer set.",
  },
]
