import { cpus, loadavg, release, totalmem, type } from "node:os"
import type { Machine } from "./report.ts"

/** The machine that this runs on, as it is now. */
export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    os: `${type()} ${release().split("-")[0]}`,
    node: process.version,
    loadAverage: loadavg()[0] ?? 0,
  }
}
