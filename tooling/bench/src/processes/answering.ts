import type { Answer, Question, Usage } from "./messages.ts"

type Answers = (question: Question) => Promise<Answer> | Answer

/**
 * Runs this process for the bench: `start` sets up what answers its questions. Any failure is told and ends the
 * process; so does the end of the bench, however it ends.
 */
export async function answerQuestions(start: (fail: (error: unknown) => void) => Promise<readonly [Answer, Answers]>) {
  process.on("disconnect", () => process.exit())
  // The bench may have gone while this process was starting, before anybody listened.
  if (!process.connected) process.exit()
  process.on("uncaughtException", fail)
  process.on("unhandledRejection", fail)
  // Ctrl-C reaches the whole group: the bench ends its processes itself.
  process.on("SIGINT", () => {})

  const [ready, answers] = await start(fail)
  process.on("message", async (question: Question) => {
    try {
      const answer = await answers(question)
      say(answer, answer.type === "stopped" ? () => process.exit() : undefined)
    } catch (error) {
      fail(error)
    }
  })
  say(ready)
}

/** By the operating system's accounting: `getrusage` for the time, the resident set for the memory. */
export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() }
}

function fail(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  say({ type: "failed", message }, () => process.exit(1))
}

function say(answer: Answer, then?: () => void): void {
  process.send?.(answer, undefined, undefined, () => then?.())
}
