/** The page of `mesh graph` in a browser. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { Catalogue } from "../../catalogue/model";
import { toPage } from "../../cli/graph/page/page";
import { temporaryFolder } from "../support/folder";

/** The page of a catalogue, opened without a network; `errors` receives what its script throws. */
export async function openGraph(browser: Browser, catalogue: Catalogue, errors: string[]): Promise<Page> {
    const file = join(temporaryFolder("mesh-graph-"), "graph.html");
    writeFileSync(file, await toPage(catalogue));
    const page = await browser.newPage({ offline: true, viewport: { width: 1500, height: 1000 } });
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(`file://${file}`);
    return page;
}

/** Waits until the picture shows the current choice: the page draws at most 150 ms after an input. */
export async function drawn(page: Page): Promise<void> {
    await page.waitForTimeout(250);
    await page.waitForFunction("!document.querySelector('#picture[aria-busy]')");
}

/** The services in the picture, sorted. */
export async function pictured(page: Page, kind = "service"): Promise<string[]> {
    const names = await page.locator(`#picture g.node.${kind} > title`).allTextContents();
    return names.sort();
}
