// Runs one of the examples: npm run example <name>
import { readdirSync } from "node:fs"

const folder = new URL("./", import.meta.url)
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
const [name = ""] = process.argv.slice(2)

if (names.includes(name)) await import(`./${name}/main.ts`)
else {
  console.error(`There is no example "${name}". There are: ${names.join(", ")}.`)
  process.exitCode = 2
}
