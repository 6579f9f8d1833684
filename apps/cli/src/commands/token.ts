import { newToken } from "@luxbus/broker"
import { defineCommand } from "../command.ts"
import { JSON_OPTION } from "../connection-options.ts"
import { usageError } from "../parse-command-line.ts"

/** `luxbus token new`: a token, and the line for the broker's configuration. */
export const tokenCommand = defineCommand({
  name: "token",
  usage: "token new [options]",
  summary: "make a token for a client",
  positionals: [1, 1],
  options: {
    for: { type: "string", value: "<id>", description: "the client id that it stands for (default: client)" },
    ...JSON_OPTION,
  },
  notes: ["The token is shown once. The broker's configuration holds its hash only."],
  examples: ["luxbus token new --for ci", "luxbus token new --for ci --json"],
  async run({ options, positionals: [action], terminal }) {
    if (action !== "new") throw usageError({ name: "token" }, `luxbus token has no "${action}"; did you mean new?`)
    const id = options.for ?? "client"
    const { token, hash } = newToken()
    const text = [
      `token:   ${token}`,
      "",
      "The client shows it as LUXBUS_TOKEN or --token. The broker knows it by this in luxbus.config.json:",
      "",
      `  ${JSON.stringify({ auth: { tokens: { [hash]: id } } })}`,
      "",
    ]
    await terminal.out(options.json === true ? `${JSON.stringify({ token, hash, id })}\n` : text.join("\n"))
    return 0
  },
})
