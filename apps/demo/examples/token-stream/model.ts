import type { Bus, BusStream } from "@luxbus/client"
import { generateTokens } from "./generate-tokens.ts"

/** Answers questions until the bus is closed. */
export async function serveModel(bus: Bus): Promise<void> {
  for await (const question of bus.accept("question")) void answer(bus, question)
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
    if (!stream.signal.aborted) throw error
    await stream.fail({ status: "cancelled" })
    console.log(`${name}: stopped after ${tokens} tokens`)
  }
}
