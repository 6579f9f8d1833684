import type { Report } from "./report.ts"

const GIB = 1_024 ** 3

/** When and on what it was measured, in one line. */
export function factsLine({ startedAt, machine }: Report): string {
  const { cpu, cores, memoryBytes, node, os } = machine
  return [
    startedAt.slice(0, 10),
    `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${Math.round(memoryBytes / GIB)} GiB`,
    `Node ${node.replace(/^v/, "")}`,
    os,
  ].join(" · ")
}
