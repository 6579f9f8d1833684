import { nearestName } from "@luxbus/broker"
import { BusError } from "@luxbus/packet"
import type { Command } from "./command.ts"
import { attachCommand } from "./commands/attach.ts"
import { cancelCommand } from "./commands/cancel.ts"
import { channelsCommand } from "./commands/channels.ts"
import { clientsCommand } from "./commands/clients.ts"
import { decodeCommand } from "./commands/decode.ts"
import { demoCommand } from "./commands/demo.ts"
import { disconnectCommand } from "./commands/disconnect.ts"
import { dlqCommand } from "./commands/dlq.ts"
import { listCommand } from "./commands/list.ts"
import { mailboxCommand } from "./commands/mailbox.ts"
import { presenceCommand } from "./commands/presence.ts"
import { pubCommand } from "./commands/pub.ts"
import { receiveCommand } from "./commands/receive.ts"
import { replyCommand } from "./commands/reply.ts"
import { requestCommand } from "./commands/request.ts"
import { runCommand } from "./commands/run.ts"
import { sendCommand } from "./commands/send.ts"
import { serveCommand } from "./commands/serve.ts"
import { subCommand } from "./commands/sub.ts"
import { tapCommand } from "./commands/tap.ts"
import { tokenCommand } from "./commands/token.ts"
import { describeFailure } from "./failure.ts"
import { commandHelp, programHelp } from "./help.ts"
import { parseCommandLine } from "./parse-command-line.ts"
import type { Terminal } from "./terminal.ts"

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  runCommand,
  attachCommand,
  listCommand,
  cancelCommand,
  channelsCommand,
  presenceCommand,
  mailboxCommand,
  dlqCommand,
  clientsCommand,
  disconnectCommand,
  sendCommand,
  receiveCommand,
  pubCommand,
  subCommand,
  requestCommand,
  replyCommand,
  tokenCommand,
  tapCommand,
  decodeCommand,
  demoCommand,
]

/**
 * Runs one command line. Failures are told on stderr, in one sentence with the error's code.
 * @param args what follows `luxbus`
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal)
  } catch (error) {
    const { text, exitCode } = describeFailure(error)
    await terminal.err(text)
    return exitCode
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    await terminal.out(programHelp(COMMANDS))
    return 0
  }
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command === undefined) throw unknownCommand(name)
  const parsed = parseCommandLine(command, args)
  if (parsed.help) {
    await terminal.out(commandHelp(command))
    return 0
  }
  const work = command.run({ ...parsed, terminal })
  return command.closedPipe === "ignore" ? work : Promise.race([work, closedPipe(terminal)])
}

/** Nobody reads our output any more: there is nothing left to do, and nothing to say. */
function closedPipe({ outClosed }: Terminal): Promise<number> {
  return new Promise((resolve) => outClosed.addEventListener("abort", () => resolve(0), { once: true }))
}

function unknownCommand(name: string): BusError {
  const meant = nearestName(
    name,
    COMMANDS.map((command) => command.name),
  )
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`
  return new BusError("invalid_argument", `luxbus has no command "${name}"${hint}`, {
    details: { help: "luxbus --help" },
  })
}
