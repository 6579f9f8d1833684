import { findSystem } from "../systems.ts"
import { answerQuestions, ownUsage } from "./answering.ts"

/** `server-process <system>`: the server half of a system. */
const [systemName = ""] = process.argv.slice(2)

await answerQuestions(async () => {
  const system = await findSystem(systemName).load()
  const { url } = await system.serve()
  return [
    { type: "ready", url },
    (question) => {
      if (question.type === "usage") return { type: "usage", usage: ownUsage() }
      if (question.type === "stop") return { type: "stopped" }
      throw new Error(`A server cannot ${question.type}.`)
    },
  ]
})
