import { appPreset } from "@luxbus/build-preset"

export default appPreset(["src/index.ts", "src/main.ts"])
