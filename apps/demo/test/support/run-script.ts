import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"

/** What a script writes on each lane when nobody is between. */
export async function runScript(script: string): Promise<{ readonly main: string; readonly error: string }> {
  const { stdout, stderr } = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] })
  const [main, error] = await Promise.all([text(stdout), text(stderr)])
  return { main, error }
}
