import type { Report, Round, SystemResult, WorkResult } from "../../src/report/report.ts"
import { summarize } from "../../src/report/statistics.ts"

/** One second of so many deliveries of so many bytes, each of which cost the server 2 µs. */
export function round(deliveries: number, bytesEach: number): Round {
  return {
    deliveries,
    bytes: deliveries * bytesEach,
    elapsedMs: 1_000,
    serverCpuMicros: deliveries * 2,
    clientCpuMicros: 500_000,
    serverRssBytes: 64 * 1_024 * 1_024,
  }
}

function systemResult(system: string, title: string, rounds: readonly Round[]): SystemResult {
  return { system, title, rounds, summary: summarize(rounds) }
}

const fanOut: WorkResult = {
  work: "fan-out",
  title: "128 B to <50> subscribers",
  measure: "deliveries",
  systems: [
    systemResult("luxbus", "luxbus", [round(1_200_000, 128), round(1_000_000, 128), round(1_100_000, 128)]),
    systemResult("ws-relay", "raw ws relay", [round(220_000, 128)]),
    systemResult("other", "A & B", [round(55_000, 128)]),
  ],
}

const bulk: WorkResult = {
  work: "bulk",
  title: "64 KiB chunks",
  measure: "bytes",
  systems: [
    systemResult("luxbus", "luxbus", [round(4_000, 65_536)]),
    systemResult("ws-relay", "raw ws relay", [round(8_000, 65_536)]),
  ],
}

function timed(p50Ms: number): Round {
  return { ...round(1_000, 16), latency: { p50Ms, p99Ms: 2, p999Ms: 4 } }
}

export const keystrokes: WorkResult = {
  work: "keystrokes",
  title: "16 B between two",
  measure: "latency",
  systems: [
    systemResult("luxbus", "luxbus", [timed(0.3), timed(0.2), timed(0.4)]),
    systemResult("ws-relay", "raw ws relay", [timed(0.2)]),
  ],
}

export const report: Report = {
  startedAt: "2030-05-06T07:08:09.000Z",
  machine: {
    cpu: "A processor",
    cores: 2,
    memoryBytes: 8 * 1_024 ** 3,
    os: "Linux 6.1",
    node: "v20.19.0",
    loadAverage: 0.256,
  },
  versions: { commit: "abc1234", "@luxbus/client": "0.0.0", ws: "8.0.0" },
  settings: { rounds: 3, seconds: 2, warmUpSeconds: 1 },
  works: [fanOut, bulk],
}
