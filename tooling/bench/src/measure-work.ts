import { join } from "node:path"
import { BenchProcess } from "./processes/bench-process.ts"
import type { Round, Settings, WorkResult } from "./report/report.ts"
import { summarize } from "./report/statistics.ts"
import type { SystemEntry } from "./systems.ts"
import type { RunLimit, Work } from "./work.ts"

export interface MeasureOptions extends Settings {
  /** Folder of the bundled processes. */
  readonly programs: string
  /** Per round; a test's bound. */
  readonly maxMessages: number
  /** Where the CPU profiles of all processes go; absent: none are taken. */
  readonly profileDirectory?: string
  /** Ends everything. */
  readonly signal: AbortSignal
  /** Told how it goes on, line by line. */
  readonly onProgress: (text: string) => void
}

/** One system at one work: its two processes. */
interface Stand {
  readonly entry: SystemEntry
  readonly server: BenchProcess
  readonly clients: BenchProcess
}

/**
 * Measures one work with several systems. They all stand ready from the start, and take turns round by round, so that
 * what else happens on the machine strikes all of them alike.
 */
export async function measureWork(
  work: Work,
  systems: readonly SystemEntry[],
  options: MeasureOptions,
): Promise<WorkResult> {
  const stands: Stand[] = []
  try {
    for (const entry of systems) {
      options.onProgress(`${work.name}: ${entry.title} warms up`)
      const stand = await start(work, entry, options)
      stands.push(stand)
      await run(stand, { seconds: options.warmUpSeconds, maxMessages: options.maxMessages })
    }
    const rounds = await takeTurns(work, stands, options)
    for (const { clients, server } of stands) {
      await clients.stop()
      await server.stop()
    }
    return {
      work: work.name,
      title: work.title,
      measure: work.measure,
      systems: stands.map(({ entry: { name, title } }, index) => {
        const own = rounds[index] ?? []
        return { system: name, title, rounds: own, summary: summarize(own) }
      }),
    }
  } finally {
    await Promise.all(stands.flatMap(({ server, clients }) => [clients.kill(), server.kill()]))
  }
}

async function start(work: Work, entry: SystemEntry, options: MeasureOptions): Promise<Stand> {
  const server = await BenchProcess.start(
    join(options.programs, "server-process.mjs"),
    [entry.name],
    processOptions(`${work.name}-${entry.name}-server`, options),
  )
  try {
    const clients = await BenchProcess.start(
      join(options.programs, "client-process.mjs"),
      [entry.name, work.name, server.ready.url ?? ""],
      processOptions(`${work.name}-${entry.name}-clients`, options),
    )
    return { entry, server: server.process, clients: clients.process }
  } catch (error) {
    await server.process.kill()
    throw error
  }
}

function processOptions(name: string, { signal, profileDirectory }: MeasureOptions) {
  return {
    title: name,
    signal,
    ...(profileDirectory !== undefined && { profile: { directory: profileDirectory, name } }),
  }
}

/** Each round begins with another system. @returns the rounds of each stand */
async function takeTurns(work: Work, stands: readonly Stand[], options: MeasureOptions): Promise<Round[][]> {
  const rounds = stands.map((): Round[] => [])
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < stands.length; turn++) {
      const index = (round + turn) % stands.length
      const stand = stands[index]
      if (stand === undefined) continue
      const measured = await run(stand, options)
      rounds[index]?.push(measured)
      const perSecond = Math.round((measured.deliveries / measured.elapsedMs) * 1_000)
      options.onProgress(`${work.name}: round ${round + 1} of ${options.rounds}, ${stand.entry.title} ${perSecond}/s`)
    }
  }
  return rounds
}

async function run({ server, clients }: Stand, { seconds, maxMessages }: RunLimit): Promise<Round> {
  const before = await usageOf(server, clients)
  const { delivered } = await clients.ask({ type: "run", limit: { seconds, maxMessages } }, "ran", seconds * 1_000)
  const after = await usageOf(server, clients)
  return {
    ...delivered,
    serverCpuMicros: after.server.cpuMicros - before.server.cpuMicros,
    clientCpuMicros: after.clients.cpuMicros - before.clients.cpuMicros,
    serverRssBytes: after.server.rssBytes,
  }
}

async function usageOf(server: BenchProcess, clients: BenchProcess) {
  return {
    server: (await server.ask({ type: "usage" }, "usage")).usage,
    clients: (await clients.ask({ type: "usage" }, "usage")).usage,
  }
}
