/** Tests of the page of `mesh graph` with 240 services, in a browser. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../support/browser";
import { catalogueOfSize } from "../support/scale";
import { drawn, openGraph, pictured } from "./graph-browser";

describe("mesh graph's page of 240 services", function () {
    this.timeout(120_000);
    const catalogue = catalogueOfSize(240);
    const errors: string[] = [];
    let browser: Browser;
    let page: Page;

    before(async function () {
        browser = await launchBrowser(this);
        page = await openGraph(browser, catalogue, errors);
    });
    after(() => (browser as Browser | undefined)?.close());
    beforeEach(async () => {
        await page.setViewportSize({ width: 1500, height: 1000 });
        await page.keyboard.press("Escape");
        await page.click("button[type=reset]");
        await page.selectOption("#hops", "1");
        await drawn(page);
    });
    afterEach(() => {
        assert.deepEqual(errors, []);
    });

    const inDomain = (domain: string) =>
        Object.keys(catalogue.services)
            .filter((name) => catalogue.services[name]?.domain === domain)
            .sort();

    /** What calls a service or is called by it, in at most so many calls; from the catalogue alone. */
    function around(name: string, hops: number): string[] {
        const near = new Set([name]);
        for (let hop = 0; hop < hops; hop += 1) {
            const before = new Set(near);
            for (const [caller, { calls = [] }] of Object.entries(catalogue.services)) {
                for (const { to } of calls) {
                    if (before.has(caller)) near.add(to);
                    if (before.has(to)) near.add(caller);
                }
            }
        }
        return [...near].sort();
    }

    const boxOf = async (name: string) => {
        const box = await page.locator(`#picture g.node[aria-label^='${name},']`).boundingBox();
        assert.ok(box !== null, `${name} is in the picture`);
        return box;
    };

    /** Whether the middle of a service is in the visible part of the picture. */
    async function isVisible(name: string): Promise<boolean> {
        const frame = (await page.locator("#picture").boundingBox())!;
        const box = await boxOf(name);
        const [x, y] = [box.x + box.width / 2 - frame.x, box.y + box.height / 2 - frame.y];
        return x >= 0 && y >= 0 && x <= frame.width && y <= frame.height;
    }

    it("opens with the domains, and a domain shows its services", async () => {
        assert.deepEqual(await pictured(page), []);
        assert.equal((await pictured(page, "domain")).length, 7);
        await page.click("#picture g.node.domain[aria-label^='domain domain-3:']");
        await drawn(page);
        assert.deepEqual(await pictured(page), inDomain("domain-3"));
        assert.equal(await page.inputValue("#domain"), "domain-3");
    });

    it("counts the pairs of caller and callee between two domains", async () => {
        const pairs = new Set<string>();
        for (const [caller, { domain, calls = [] }] of Object.entries(catalogue.services)) {
            for (const { to } of calls) {
                if (domain === "domain-3" && catalogue.services[to]?.domain === "domain-2")
                    pairs.add(`${caller} ${to}`);
            }
        }
        const edge = page.locator("#picture g.edge", {
            has: page.locator("title", { hasText: /^domain:domain-3->domain:domain-2$/ }),
        });
        assert.equal(await edge.locator("text").textContent(), String(pairs.size));
    });

    it("hides what does not match a search", async () => {
        await page.fill("#text", "service-10");
        await drawn(page);
        const rows = await page.locator("#services tbody tr:not([hidden]) th").allTextContents();
        assert.ok(rows.length > 10 && rows.length < 80, String(rows.length));
        assert.deepEqual(await pictured(page), rows.sort());
    });

    it("lays out the neighborhood of a selected service, one or two calls around it", async () => {
        await page.click("#services a[href='#service-11']");
        await drawn(page);
        assert.deepEqual(await pictured(page), around("service-11", 1));
        await page.selectOption("#hops", "2");
        await drawn(page);
        assert.deepEqual(await pictured(page), around("service-11", 2));
        assert.ok(around("service-11", 2).length > around("service-11", 1).length);
    });

    it("says how many services a picture leaves out", async () => {
        const sizes = Object.keys(catalogue.services).map((name) => ({ name, all: around(name, 2).length }));
        const { name, all } = sizes.reduce((a, b) => (a.all > b.all ? a : b));
        assert.ok(all > 80, String(all));
        await page.click(`#services a[href='#${name}']`);
        await page.selectOption("#hops", "2");
        await drawn(page);
        assert.equal((await pictured(page)).length, 80);
        assert.equal(
            await page.textContent("#shown"),
            `${name} and its neighborhood: 80 services, and ${all - 80} more that the picture leaves out`,
        );
    });

    it("scrolls the picture to the selected service, at a readable size", async () => {
        await page.selectOption("#domain", "domain-3");
        await page.selectOption("#hops", "");
        await drawn(page);
        const hidden: string[] = [];
        for (const name of inDomain("domain-3")) if (!(await isVisible(name))) hidden.push(name);
        assert.ok(hidden.length > 0, "the picture is larger than its frame");
        const name = hidden.at(-1)!;
        await page.click(`#services a[href='#${name}']`);
        await drawn(page);
        assert.ok(await isVisible(name), name);
        const { height } = (await page
            .locator(`#picture g.node[aria-label^='${name},'] text`)
            .boundingBox())!;
        assert.ok(height >= 9, `labels are ${height} px tall`);
    });

    it("zooms by buttons, keys and the wheel, and fits all of the picture", async () => {
        const width = async () => (await page.locator("#picture svg").boundingBox())!.width;
        await page.selectOption("#domain", "domain-3");
        await drawn(page);
        const first = await width();
        await page.click("#zoom-in");
        const second = await width();
        assert.ok(Math.abs(second / first - 1.25) < 0.01, `${first} ${second}`);
        await page.focus("#picture");
        await page.keyboard.press("-");
        assert.ok(Math.abs((await width()) - first) < 1);
        const box = (await page.locator("#picture").boundingBox())!;
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.keyboard.down("Control");
        await page.mouse.wheel(0, -150);
        await page.keyboard.up("Control");
        await page.waitForFunction(`document.querySelector("#picture svg").clientWidth > ${first * 1.2}`);
        await page.click("#zoom-fit");
        for (const name of inDomain("domain-3")) assert.ok(await isVisible(name), name);
    });

    it("moves the picture by dragging, without selecting the service under the pointer", async () => {
        await page.selectOption("#domain", "domain-3");
        await drawn(page);
        const frame = (await page.locator("#picture").boundingBox())!;
        const visible: string[] = [];
        for (const name of inDomain("domain-3")) if (await isVisible(name)) visible.push(name);
        const boxes = await Promise.all(visible.map(boxOf));
        const at = boxes.find(({ y }) => y > frame.y + 300)!;
        const before = await page.evaluate("document.querySelector('#picture').scrollTop");
        await page.mouse.move(at.x + 5, at.y + 5);
        await page.mouse.down();
        await page.mouse.move(at.x + 5, at.y - 95, { steps: 4 });
        await page.mouse.up();
        assert.equal(
            await page.evaluate("document.querySelector('#picture').scrollTop"),
            (before as number) + 100,
        );
        assert.ok(await page.locator("#hint").isVisible());
    });

    it("fits a phone: no sideways scrolling of the page, and the picture below the filters", async () => {
        await page.setViewportSize({ width: 390, height: 844 });
        await page.click("#services a[href='#service-11']");
        await drawn(page);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
        assert.ok(await isVisible("service-11"));
        const header = (await page.locator("header").boundingBox())!;
        await page.evaluate("scrollTo(0, 2000)");
        const after = (await page.locator("header").boundingBox())!;
        assert.ok(after.y + header.height < 0, "filters scroll away");
    });
});
