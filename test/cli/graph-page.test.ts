/** Tests of the page of `mesh graph`, in a browser. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { platform } from "../../catalogue/platform";
import { edges, servicesOf } from "../../catalogue/query";
import { launchBrowser } from "../support/browser";
import { drawn, openGraph, pictured } from "./graph-browser";

describe("mesh graph's page of 24 services", function () {
    this.timeout(120_000);
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    before(async function () {
        browser = await launchBrowser(this);
        page = await openGraph(browser, platform, errors);
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
        await drawn(page);
        assert.deepEqual(await pictured(page), kept, "the picture hides what does not match");
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
        await drawn(page);
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
