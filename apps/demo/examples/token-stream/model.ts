import type { Bus, BusStream } from "@luxbus/client"
import { generateTokens } from "./generate-tokens.ts"

/** Answers questions until the bus is closed. */
export async function serveModel(bus: Bus): Promise<void> {
  for await (const question of bus.accept("question"))
    answer(bus, question).catch(({ message }: Error) => console.log(`an answer was lost: ${message}`))
}

/** Who asks names the stream that the answer goes into. The broker hosts it: it outlives a lost or reloaded page. */
async function answer(bus: Bus, question: BusStream): Promise<void> {
  const name = String(question.headers["answer"])
  const stream = await bus.open(name)
  await question.end()
  let tokens = 0
  try {
    for await (const token of generateTokens(stream.signal)) {
      await stream.main.write(token)
      tokens++
    }
    await stream.end()
    console.log(`${name}: done after ${tokens} tokens`)
  } catch (error) {
    const stopped = stream.signal.aborted
    await stream.fail(stopped ? { status: "cancelled" } : { message: String(error) })
    console.log(`${name}: ${stopped ? "stopped" : "failed"} after ${tokens} tokens`)
  }
}
