// The documentation as a site: `npm run docs` builds it, and fails on a dead link.
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitepress";

const ROOT = join(import.meta.dirname, "../..");
// Files that pages link to and that are not pages.
const FILES = ["catalogue/catalogue.schema.json", "config/stack.schema.json", "LICENSE"];

const read = (file) => readFileSync(join(ROOT, file), "utf8");
const titleOf = (file) => /^# (.+)$/m.exec(read(file))?.[1].replaceAll("`", "") ?? file;
const urlOf = (file) => `/${file.replace(/(^|\/)README\.md$/, "$1").replace(/\.md$/, "")}`;
const page = (file, text = titleOf(file)) => ({ text, link: urlOf(file) });

/** The pages of a folder, but for its overview: in the order in which that mentions them, and then by name. */
function pagesIn(folder) {
    const overview = read(`${folder}/README.md`);
    const rank = (name) => (overview.includes(`(${name}`) ? overview.indexOf(`(${name}`) : overview.length);
    return readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith(".md") && name !== "README.md")
        .sort()
        .sort((a, b) => rank(a) - rank(b))
        .map((name) => page(`${folder}/${name}`));
}

/** The groups of a folder's overview: its second-level headings, and the pages that it lists under each. */
function groupsOf(folder) {
    return read(`${folder}/README.md`)
        .split(/^## /m)
        .slice(1)
        .map((part) => ({
            text: part.slice(0, part.indexOf("\n")),
            items: [...part.matchAll(/^- \[([^\]]+)\]\(([\w-]+\.md)\)/gm)].map(([, text, file]) =>
                page(`${folder}/${file}`, text),
            ),
        }))
        .filter(({ items }) => items.length > 0);
}

const section = (folder, text, items) => ({
    text,
    link: urlOf(`${folder}/README.md`),
    items,
    collapsed: true,
});

const sidebar = [
    { ...section("docs/get-started", "Get started", pagesIn("docs/get-started")), collapsed: false },
    { ...section("docs/tasks", "Tasks", groupsOf("docs/tasks")), collapsed: false },
    {
        ...section("docs/reference", "Reference", [
            ...pagesIn("docs/reference"),
            section("docs/policies", "Policies", pagesIn("docs/policies")),
            page("docs/threat-model.md"),
        ]),
        collapsed: false,
    },
    { ...section("docs/concepts", "Concepts", pagesIn("docs/concepts")), collapsed: false },
    section("docs/runbooks", "Runbooks", pagesIn("docs/runbooks")),
    section("docs/adr", "Decisions", pagesIn("docs/adr")),
    {
        text: "Project",
        items: [
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "policy/README.md",
            "local/README.md",
            "local/standin/README.md",
        ].map((file) => page(file)),
        collapsed: true,
    },
];

export default defineConfig({
    title: "SPARC mesh",
    description: "A complete Istio service mesh from a typed service catalogue, proven with real requests",
    lang: "en",
    base: process.env.DOCS_BASE ?? "/",
    // The whole checkout, so that README and the pages outside docs/ are pages too, with the links that they have on GitHub.
    srcDir: "..",
    srcExclude: [
        ".github/**",
        ".wip/**",
        "bench/**",
        "build/**",
        "rendered/**",
        "test/**",
        "**/toolchain/go/**",
    ],
    rewrites: (id) => id.replace(/(^|\/)README\.md$/, "$1index.md"),
    cleanUrls: true,
    // A file that `buildEnd` copies, and addresses that pages show; every other dead link fails the build.
    ignoreDeadLinks: [/^(\.\/)?LICENSE$/, /^https?:\/\/localhost/],
    lastUpdated: false,
    markdown: {
        // Same as GitHub: a heading's anchor does not depend on where the page is read.
        anchor: { slugify: githubSlug },
        config: (md) => {
            // Pages are Markdown: `<stack>` in a sentence is text. Comments are dropped, as HTML would.
            md.set({ html: false });
            md.core.ruler.before("normalize", "comments", (state) => {
                state.src = state.src.replaceAll(/^<!--.*-->$/gm, "");
            });
            md.core.ruler.push("readme-links", ({ tokens }) => {
                for (const { children } of tokens)
                    for (const token of children ?? [])
                        if (token.type === "link_open")
                            token.attrSet(
                                "href",
                                token.attrGet("href").replace(/(^|\/)README\.md/, "$1index.md"),
                            );
            });
        },
    },
    vite: {
        publicDir: false,
        // The search index of some 200 pages is one chunk.
        build: { chunkSizeWarningLimit: 4000 },
        server: { fs: { allow: [ROOT] } },
    },
    themeConfig: {
        nav: [
            { text: "Get started", link: "/docs/get-started/" },
            { text: "Tasks", link: "/docs/tasks/" },
            { text: "Reference", link: "/docs/reference/" },
            { text: "Concepts", link: "/docs/concepts/" },
            { text: "Runbooks", link: "/docs/runbooks/" },
        ],
        sidebar,
        outline: [2, 3],
        search: { provider: "local" },
    },
    buildEnd: ({ outDir }) => {
        for (const file of FILES) {
            mkdirSync(dirname(join(outDir, file)), { recursive: true });
            copyFileSync(join(ROOT, file), join(outDir, file));
        }
    },
});

function githubSlug(heading) {
    return heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-");
}
