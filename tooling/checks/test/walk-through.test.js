import { expect, test } from "vitest"
import { namedScripts, readWalkThrough } from "../src/walk-through.js"

const PAGE = `# Contributing

\`\`\`sh
alias pn="npx pnpm"
\`\`\`

## Where

\`\`\`sh
elsewhere
\`\`\`

## One change to one package

1. Write:

   \`\`\`sh
   pn --filter a test      # and see it fail
   \`\`\`

2. Tell (\`pn check:changesets\`, or \`pn changeset\`):

   \`\`\`md
   ---
   "a": patch
   ---

   Mend.
   \`\`\`

   \`\`\`sh
   .ci/run
   \`\`\`

## What the checks want
`

test("reads the alias and the walk-through's commands, and its changeset, as they would be typed", () => {
  expect(readWalkThrough(PAGE)).toEqual({
    commands: ['alias pn="npx pnpm"', "pn --filter a test"],
    changeset: '---\n"a": patch\n---\n\nMend.\n',
  })
})

test("says that there is nothing to walk through rather than that all is well", () => {
  expect(() => readWalkThrough("# Contributing\n")).toThrow("tells no commands")
  expect(() => readWalkThrough(PAGE.replace("```md", "```text"))).toThrow("shows no changeset")
})

test("finds the scripts that the text names", () => {
  expect([...namedScripts(PAGE)]).toEqual(["check:changesets", "changeset"])
  expect([...namedScripts("`pn run docs`, not `pn exec knip`")]).toEqual(["docs"])
})
