import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import type { Bus, Lane } from "@luxbus/client"

/**
 * Runs a command and publishes what it writes as the stream `name`: stdout as the main lane, stderr as the error lane,
 * one message per line, and how it ended as the outcome. A reader who cancels the stream stops the command.
 * @throws Error when the command cannot be started
 */
export async function runBuild(bus: Bus, name: string, [command, ...args]: readonly [string, ...string[]]) {
  const stream = await bus.open(name)
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  stream.signal.addEventListener("abort", () => child.kill())
  await Promise.all([once(child, "close"), publish(child.stdout, stream.main), publish(child.stderr, stream.error)])
  const { exitCode, signalCode } = child
  if (stream.signal.aborted) await stream.fail({ status: "cancelled" })
  else if (exitCode === 0) await stream.end()
  else if (exitCode !== null) await stream.fail({ exitCode, message: `exit code ${exitCode}` })
  else await stream.fail({ message: `killed by ${signalCode}` })
}

async function publish(output: Readable, lane: Lane) {
  for await (const line of createInterface({ input: output })) await lane.write(line)
}
