import type { System } from "./system.ts"

/** How a system is found: what can be said of it without loading it. */
export interface SystemEntry {
  /** Unique; as in the results. */
  readonly name: string
  readonly title: string
  /** Whose versions are noted; each is a dependency of this package. */
  readonly packages: readonly string[]
  load(): Promise<System>
}

/** What others are compared with: it does nothing but hand messages on. */
export const BASELINE = "ws-relay"

/** All systems, in the order of the tables. */
export const SYSTEMS: readonly SystemEntry[] = [
  {
    name: "luxbus",
    title: "luxbus",
    packages: ["@luxbus/client", "@luxbus/server"],
    load: async () => (await import("./systems/luxbus.ts")).luxbus,
  },
  {
    name: BASELINE,
    title: "raw ws relay",
    packages: ["ws", "bufferutil"],
    load: async () => (await import("./systems/ws-relay.ts")).wsRelay,
  },
  {
    name: "socket.io",
    title: "Socket.IO",
    packages: ["socket.io", "socket.io-client", "socket.io-msgpack-parser"],
    load: async () => (await import("./systems/socket-io.ts")).socketIo,
  },
]

/** @throws Error for a name that is none */
export function findSystem(name: string): SystemEntry {
  const entry = SYSTEMS.find((system) => system.name === name)
  if (entry === undefined) throw new Error(`There is no system "${name}".`)
  return entry
}
