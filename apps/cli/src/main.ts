#!/usr/bin/env node
import { runProgram } from "./program.ts"
import { processTerminal } from "./terminal.ts"

const terminal = processTerminal()
process.exitCode = await runProgram(process.argv.slice(2), terminal)
// Otherwise the process ends by itself once the last of its connection has left; here nobody waits for anything.
if (terminal.outClosed.aborted) process.exit()
