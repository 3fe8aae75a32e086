/** A browser for tests of pages. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { skip } from "./skip";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** Starts the first browser on PATH. Without one the suite is skipped, but for CI. */
export async function launchBrowser(context: Mocha.Context): Promise<Browser> {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    const executablePath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) =>
        existsSync(file),
    );
    if (executablePath === undefined && process.env["CI"] === undefined) {
        skip(context, `no browser on PATH (${NAMES.join(", ")})`);
    }
    assert.ok(executablePath !== undefined, `no browser on PATH: install one of ${NAMES.join(", ")}`);
    return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}
