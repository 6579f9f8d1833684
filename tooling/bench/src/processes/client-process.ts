import { findSystem } from "../systems.ts"
import { findWork } from "../works.ts"
import { answerQuestions, ownUsage } from "./answering.ts"

/** `client-process <system> <work> <url>`: all clients of one work. */
const [systemName = "", workName = "", url = ""] = process.argv.slice(2)

await answerQuestions(async (fail) => {
  const system = await findSystem(systemName).load()
  const load = await findWork(workName).prepare(system, url, fail)
  return [
    { type: "ready" },
    async (question) => {
      switch (question.type) {
        case "usage":
          return { type: "usage", usage: ownUsage() }
        case "run":
          return { type: "ran", delivered: await load.run(question.limit) }
        case "stop":
          await load.close()
          return { type: "stopped" }
      }
    },
  ]
})
