import type { Bus, ReadableLane } from "@luxbus/client"

/** What somebody saw of a build. */
export interface BuildLog {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly exitCode: number | undefined
}

/** Prints a build from its first line to its outcome, whether it runs still, is over, or has yet to begin. */
export async function watchBuild(bus: Bus, name: string, who: string): Promise<BuildLog> {
  const build = bus.attach(name, { from: "start", wait: true })
  const [stdout, stderr] = await Promise.all([
    printLines(build.main, `${who} | stdout |`),
    printLines(build.error, `${who} | stderr |`),
  ])
  const { status, exitCode } = await build.outcome
  console.log(`${who} | outcome: ${status}${exitCode === undefined ? "" : `, exit code ${exitCode}`}`)
  return { stdout, stderr, exitCode }
}

async function printLines(lane: ReadableLane, label: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of lane) {
    lines.push(String(line))
    console.log(label, line)
  }
  return lines
}
