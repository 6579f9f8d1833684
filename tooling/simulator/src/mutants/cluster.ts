import type { Mutant } from "./mutant.ts"

const CHANNEL = "packages/dispatcher/src/cluster/control-channel.ts"
const LINK = "packages/dispatcher/src/cluster/node-link.ts"
const DIRECTORY = "packages/dispatcher/src/cluster/directory.ts"
const RELAY = "packages/dispatcher/src/relay.ts"

const MUTANTS: readonly Mutant[] = [
  {
    name: "control-out-of-order",
    file: CHANNEL,
    search: "    this.#ahead.set(seq, frames)\n",
    replacement: "    this.#delivered = seq - 1\n    this.#ahead.set(seq, frames)\n",
    breaks: "A statement that overtook others on the backplane is delivered before them, and they never.",
  },
  {
    name: "control-never-repeated",
    file: CHANNEL,
    search: "    for (const [seq, { frames }] of this.#sent) this.#events.transmit(seq, frames)\n",
    replacement: "    this.#sent.clear()\n",
    breaks: "A statement that the backplane lost is lost.",
  },
  {
    name: "dead-broker-unnoticed",
    file: LINK,
    search: "        dead: () => this.close(),\n",
    replacement: "        dead: () => {},\n",
    breaks: "A broker that answers no more is never given up.",
  },
  {
    name: "silent-broker-not-asked",
    file: LINK,
    search: "!this.#heard && this.#channel.idle) this.#channel.send(NOTHING)\n",
    replacement: "!this.#heard && this.#idleMs < 0) this.#channel.send(NOTHING)\n",
    breaks: "A broker from which nothing comes is taken to have nothing to say.",
  },
  {
    name: "reader-never-answered-for",
    file: DIRECTORY,
    search: "      if (here !== undefined) this.#sayHere(name, here)\n",
    replacement: "",
    breaks: "A broker does not answer for the clients that it has: who asks for one after it came never finds it.",
  },
  {
    name: "elsewhere-unheard",
    file: RELAY,
    search: "      this.#reader.carrier.release(this.#reader.address)\n      this.#readerLost()\n      return\n",
    replacement: "      return\n",
    breaks: "A writer's broker goes on sending to a broker that its reader has left.",
  },
  {
    name: "directory-never-forgets",
    file: DIRECTORY,
    search: "    entry.unsubscribe()\n    this.#entries.delete(name)\n",
    replacement: "    this.#entries.delete(name)\n",
    breaks: "What is looked for no more stays subscribed to.",
  },
]

/** Defects of brokers among each other. */
export const CLUSTER_MUTANTS: readonly Mutant[] = MUTANTS.map((mutant) => ({ ...mutant, needs: "brokers" }))
