import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, type Page, chromium } from "playwright-core";
import { platform } from "../../catalogue/platform";
import { edges, servicesOf } from "../../catalogue/query";
import { graph } from "../../cli/commands/graph";
import { toMermaid } from "../../cli/lib/mermaid";
import { toPage } from "../../cli/graph/page/page";
import { reordered } from "../catalogue/rewrite";
import { skip } from "../support/skip";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

function browserPath(): string | undefined {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) =>
        existsSync(file),
    );
}

describe("mesh graph", () => {
    it("writes the same bytes for any order of the catalogue", async () => {
        const other = reordered(platform, 7, "calls too");
        assert.equal(toMermaid(other), toMermaid(platform));
        assert.equal(await toPage(other), await toPage(platform));
    });

    it("writes one Mermaid arrow for each pair of caller and callee, dashed if all calls are optional", () => {
        const lines = toMermaid(platform).split("\n");
        const pairs = new Set(edges(platform).map(({ caller, callee }) => `${caller}>${callee}`));
        assert.equal(
            lines.filter((line) => /^service_\w+ (-->|-\.->) service_/.test(line)).length,
            pairs.size,
        );
        assert.ok(lines.includes("service_api_gateway --> service_auth"));
        assert.ok(lines.includes("service_api_gateway -.-> service_search"));
        assert.equal(
            lines.filter((line) => line.startsWith("subgraph ")).length,
            lines.filter((line) => line === "end").length,
        );
    });

    it("writes a page without external resources", async () => {
        const page = await toPage(platform);
        assert.doesNotMatch(page, /<(script|link|img|iframe)[^>]+(src|href)=/);
        assert.doesNotMatch(page, /@import|url\(/);
    });

    it("chooses the format by the file extension, and lists the formats for an unknown one", async () => {
        const folder = mkdtempSync(join(tmpdir(), "mesh-graph-"));
        await graph({ out: join(folder, "a.mmd") });
        assert.match(readFileSync(join(folder, "a.mmd"), "utf8"), /^flowchart LR/);
        await graph({ out: join(folder, "a.txt"), format: "svg" });
        assert.match(readFileSync(join(folder, "a.txt"), "utf8"), /<svg/);
        await assert.rejects(graph({ out: join(folder, "b.txt") }), /--format \(svg, mermaid, html\)/);
    });
});

describe("mesh graph's page, in a browser", function () {
    this.timeout(120_000);
    const executablePath = browserPath();
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    before(async function () {
        if (executablePath === undefined && process.env["CI"] === undefined) {
            skip(this, `no browser on PATH (${NAMES.join(", ")})`);
        }
        assert.ok(executablePath !== undefined, `no browser on PATH: install one of ${NAMES.join(", ")}`);
        const file = join(mkdtempSync(join(tmpdir(), "mesh-graph-")), "graph.html");
        writeFileSync(file, await toPage(platform));
        browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
        page = await browser.newPage({ offline: true, viewport: { width: 1500, height: 1000 } });
        page.on("pageerror", ({ message }) => errors.push(message));
        await page.goto(`file://${file}`);
    });
    // A skipped suite has no browser.
    after(() => (browser as Browser | undefined)?.close());
    beforeEach(async () => {
        await page.keyboard.press("Escape");
        await page.click("button[type=reset]");
        await page.waitForFunction("document.querySelectorAll('#services tbody tr[hidden]').length === 0");
    });
    afterEach(() => {
        assert.deepEqual(errors, []);
    });

    const rows = () =>
        page.evaluate(
            "[...document.querySelectorAll('#services tbody tr:not([hidden])')].map(({ dataset }) => dataset.service)",
        );
    const where = (is: (service: (typeof platform)["services"][string]) => boolean) =>
        servicesOf(platform)
            .filter(([, service]) => is(service))
            .map(([name]) => name);

    it("filters by domain, tier, exposure, external service, store and tenants' data", async () => {
        for (const [id, value, is] of [
            ["domain", "alerting", ({ domain }) => domain === "alerting"],
            ["tier", "background", ({ tier }) => tier === "background"],
            [
                "exposure",
                "admin",
                ({ exposures = [] }) => exposures.some(({ gateway }) => gateway === "admin"),
            ],
            ["exposure", "none", ({ exposures = [] }) => exposures.length === 0],
            ["external", "aws", ({ external = [] }) => external.includes("aws")],
            ["store", "kafka", ({ stores = [] }) => stores.includes("kafka")],
        ] as [string, string, Parameters<typeof where>[0]][]) {
            await page.selectOption(`#${id}`, value);
            assert.deepEqual(await rows(), where(is), `${id} ${value}`);
            await page.selectOption(`#${id}`, "");
        }
        await page.check("#tenant");
        const kept = where(({ storesTenantData }) => storesTenantData === true);
        assert.deepEqual(await rows(), kept);
        assert.equal(await page.textContent("#count"), `${kept.length} of 24 services`);
        assert.equal(await page.locator("#picture g.node.service.dim").count(), 24 - kept.length);
    });

    it("finds a service by its operations and by its external services", async () => {
        await page.fill("#text", "heatmaps");
        assert.deepEqual(await rows(), ["analytics"]);
        await page.fill("#text", "stripe.com");
        assert.deepEqual(await rows(), ["billing"]);
    });

    it("shows a selected service's calls, and highlights them in the graph", async () => {
        await page.click("#picture g.node[aria-label^='alerts,']");
        const shown = page.locator("#details article:not([hidden])");
        assert.equal(await shown.locator("h2").textContent(), "alerts");
        const text = (await shown.textContent()) ?? "";
        for (const part of ["audit", "grpc 9090", "Record", "500ms", "kafka", "GET /v1/alerts/{*}"])
            assert.ok(text.includes(part), part);
        const around = new Set(
            edges(platform)
                .filter(({ caller, callee }) => caller === "alerts" || callee === "alerts")
                .map(({ caller, callee }) => `${caller}>${callee}`),
        );
        assert.equal(await page.locator("#picture g.edge.lit").count(), around.size + 2, "and two stores");
        assert.match(page.url(), /#alerts$/);
    });

    it("is usable by keyboard only", async () => {
        await page.keyboard.press("/");
        assert.equal(await page.evaluate("document.activeElement.id"), "text");
        await page.keyboard.press("Escape");
        await page.focus("#picture g.node[aria-label^='video,']");
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("#details article:not([hidden]) h2").textContent(), "video");
        await page.focus("#details article:not([hidden]) a[href='#auth']");
        await page.keyboard.press("Enter");
        assert.equal(await page.evaluate("document.activeElement.id"), "detail-auth");
        await page.keyboard.press("Escape");
        assert.ok(await page.locator("#hint").isVisible());
    });

    it("follows the light and dark color schemes", async () => {
        const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
        await page.emulateMedia({ colorScheme: "light" });
        assert.equal(await ground(), "rgb(255, 255, 255)");
        await page.emulateMedia({ colorScheme: "dark" });
        assert.equal(await ground(), "rgb(20, 23, 29)");
    });
});
