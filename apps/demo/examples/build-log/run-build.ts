import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import type { Bus, Lane } from "@luxbus/client"

/**
 * Runs a command and publishes what it writes as the stream `name`: stdout as the main lane, stderr as the error lane,
 * one message per line, and its exit code in the outcome. A reader who cancels the stream stops the command.
 */
export async function runBuild(bus: Bus, name: string, [command, ...args]: readonly [string, ...string[]]) {
  const stream = await bus.open(name)
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  stream.signal.addEventListener("abort", () => child.kill())
  const ended = once(child, "close")
  await Promise.all([publish(child.stdout, stream.main), publish(child.stderr, stream.error)])
  const [exitCode, signal] = await ended
  if (stream.signal.aborted) await stream.fail({ status: "cancelled", signal })
  else if (exitCode === 0) await stream.end()
  else await stream.fail({ exitCode, message: `exit code ${exitCode}` })
}

async function publish(output: Readable, lane: Lane) {
  for await (const line of createInterface({ input: output })) await lane.write(line)
}
