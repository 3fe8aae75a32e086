/** The pages that people read, and what stands in them: links, headings, code. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export const ROOT = join(__dirname, "../..");

export interface Page {
    /** Path from the checkout's root. */
    readonly file: string;
    readonly text: string;
}

interface Block {
    readonly language: string;
    readonly code: string;
}

const OTHERS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "policy/README.md",
    "local/README.md",
    "local/standin/README.md",
];

export function pages(): Page[] {
    return [...OTHERS, ...markdownIn("docs")].map((file) => ({
        file,
        text: readFileSync(join(ROOT, file), "utf8"),
    }));
}

function markdownIn(folder: string): string[] {
    return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
        .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
        .filter((file) => !file.includes("node_modules"));
}

/** The fenced blocks of a page, without their indentation. */
export function blocksOf({ text }: Page): Block[] {
    return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
        ([, indent = "", language = "", code = ""]) => ({
            language,
            code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
        }),
    );
}

/** The page without fenced blocks. */
function proseOf({ text }: Page): string {
    return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
}

/** Targets of links and pictures that are in the checkout. */
export function linksOf(page: Page): string[] {
    const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, "");
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): Set<string> {
    const seen = new Map<string, number>();
    const anchors = [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => {
        const slug = heading
            .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
            .trim()
            .replaceAll(" ", "-");
        const count = seen.get(slug) ?? 0;
        seen.set(slug, count + 1);
        return count === 0 ? slug : `${slug}-${count}`;
    });
    return new Set(anchors);
}

/** Lines of shell and pieces of inline code, each a command that a reader could run. */
export function commandsOf(page: Page): string[] {
    const shell = blocksOf(page)
        .filter(({ language }) => language === "sh" || language === "")
        .flatMap(({ code }) => code.replaceAll("\\\n", " ").split("\n"))
        .map((line) => line.replace(/^\$ /, "").trim());
    const inline = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
    return [...shell, ...inline].map((line) => line.replace(/\s#.*$/, ""));
}
