// The little of Node that the tests use: its whole types would let the sources use it too.
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string
}

interface ImportMeta {
  readonly dirname: string
}
