import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { Ajv2020 } from "ajv/dist/2020";
import { parseAllDocuments } from "yaml";
import { meshProgram } from "../../cli/program";
import { type Page, ROOT, anchorsOf, blocksOf, commandsOf, linksOf, pages } from "./pages";

const PAGES = pages();

describe("the documentation", () => {
    it("links to files and headings that exist", () => {
        const dead = PAGES.flatMap((page) =>
            linksOf(page)
                .filter((link) => !resolves(page, link))
                .map((link) => `${page.file}: ${link}`),
        );
        assert.deepEqual(dead, []);
    });

    it("is mentioned in code, messages and configuration under paths that exist", () => {
        const files = [
            "config",
            "components",
            "cli",
            "local",
            "catalogue",
            "policy/rules",
            "policy/core",
            "scripts",
        ];
        const mentioned = files.flatMap((folder) => mentions(folder));
        assert.ok(mentioned.length > 10);
        assert.deepEqual(
            mentioned.filter(({ path }) => !existsSync(join(ROOT, path))),
            [],
        );
    });

    it("names files and folders of the checkout that exist", () => {
        const folders = "catalogue|config|components|cli|local|policy|scripts|test|docs|bench";
        const named = PAGES.filter(({ file }) => file !== "CHANGELOG.md").flatMap(({ file, text }) =>
            [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, "g"))].map(([, path = ""]) => ({
                file,
                path,
            })),
        );
        assert.ok(named.length > 50);
        assert.deepEqual(
            named.filter(({ path }) => !existsSync(join(ROOT, path))),
            [],
        );
    });

    it("shows commands, arguments and options that `mesh` has", () => {
        const wrong = PAGES.filter(({ file }) => file !== "CHANGELOG.md").flatMap((page) =>
            commandsOf(page).flatMap((line) =>
                wrongInMesh(line).map((problem) => `${page.file}: ${line}: ${problem}`),
            ),
        );
        assert.deepEqual(wrong, []);
    });

    it("shows npm scripts and make targets that exist", () => {
        const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
            scripts: Record<string, string>;
        };
        const targets = readFileSync(join(ROOT, "Makefile"), "utf8");
        const wrong = PAGES.flatMap((page) =>
            commandsOf(page).flatMap((line) => {
                const script = /^npm run (?:-s )?([\w:-]+)/.exec(line)?.[1];
                const target = /^make ([a-z][\w-]*)/.exec(line)?.[1];
                const known =
                    (script === undefined || script in scripts || script.endsWith(":")) &&
                    (target === undefined || targets.includes(`\n${target}:`));
                return known ? [] : [`${page.file}: ${line}`];
            }),
        );
        assert.deepEqual(wrong, []);
    });

    it("shows configuration that the schema of stack files accepts", () => {
        const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
            JSON.parse(readFileSync(join(ROOT, "config/stack.schema.json"), "utf8")) as object,
        );
        const shown = PAGES.filter(({ file }) => file !== "CHANGELOG.md").flatMap((page) =>
            blocksOf(page)
                .filter(({ language, code }) => language === "yaml" && code.includes("sparc-mesh:"))
                .map(({ code }) => ({ page, code })),
        );
        assert.ok(shown.length > 10);
        const wrong = shown.flatMap(({ page, code }) =>
            parseAllDocuments(code).flatMap((document) => {
                const file = document.toJS() as { config?: object };
                if (validate("config" in file ? file : { config: file })) return [];
                const first = validate.errors?.find(({ keyword }) => keyword !== "oneOf");
                return [`${page.file}: ${code}\n${JSON.stringify(first)}`];
            }),
        );
        assert.deepEqual(wrong, []);
    });

    it("names configuration keys that the schema has", () => {
        // Names that look like keys. The generated page has keys relative to their section.
        const others = ["`istio.io`", "`cluster.local`"];
        const written = PAGES.filter(
            ({ file }) => !["CHANGELOG.md", "docs/reference/configuration.md"].includes(file),
        );
        const { $defs } = JSON.parse(readFileSync(join(ROOT, "config/stack.schema.json"), "utf8")) as {
            $defs: Record<string, Schema>;
        };
        const wrong = written.flatMap((page) =>
            [...page.text.matchAll(/`([a-z]\w*)\.([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)*)(?:: [^`]*)?`/g)]
                .filter(([code, key = ""]) => key in $defs && !others.includes(code))
                .filter(([, key = "", path = ""]) => !hasPath($defs[key] ?? {}, path.split(".")))
                .map(([code]) => `${page.file}: ${code}`),
        );
        assert.deepEqual(wrong, []);
    });
});

function resolves({ file }: Page, link: string): boolean {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(ROOT, target))) return false;
    if (anchor === undefined) return true;
    const page = PAGES.find((one) => one.file === target);
    return page !== undefined && anchorsOf(page).has(anchor);
}

function mentions(folder: string): { file: string; path: string }[] {
    return filesIn(folder).flatMap((file) =>
        [...readFileSync(join(ROOT, file), "utf8").matchAll(/\bdocs\/[\w/.-]+\.md\b/g)]
            .filter(([path]) => !path.includes("istio.io"))
            .map(([path]) => ({ file, path })),
    );
}

function filesIn(folder: string): string[] {
    return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, name))
        .filter((file) => /\.(ts|go|md)$/.test(file) && !file.includes("node_modules"))
        .filter((file) => statSync(join(ROOT, file)).isFile());
}

interface Schema {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly oneOf?: readonly Schema[];
    readonly items?: Schema;
    readonly additionalProperties?: Schema | false;
}

/** Whether a value of `schema` can have the path, in one variant at least; `<name>` stands for any key of a map. */
function hasPath(schema: Schema, [step, ...rest]: readonly string[]): boolean {
    if (step === undefined) return true;
    const { properties = {}, oneOf = [], items, additionalProperties } = schema;
    const inside = properties[step] ?? additionalProperties;
    return (
        (inside !== undefined && inside !== false && hasPath(inside, rest)) ||
        oneOf.some((variant) => hasPath(variant, [step, ...rest])) ||
        (items !== undefined && hasPath(items, [step, ...rest]))
    );
}

/** What is wrong with a line that calls `mesh`; a line that does not is right. */
function wrongInMesh(line: string): string[] {
    const words = /^(?:npx mesh|node cli\/bin\/mesh\.js|mesh) (.+)$/.exec(line)?.[1]?.split(/\s+/);
    const [name = "", ...rest] = words ?? [];
    // `mesh <command>` and the like stand for any.
    if (words === undefined || !/^[a-z]+$/.test(name)) return [];
    const command = meshProgram().commands.find((one) => one.name() === name);
    if (command === undefined) return [`unknown command ${name}`];
    return rest
        .filter((word) => /^--?[a-z]/.test(word))
        .map((word) => word.split("=")[0] ?? "")
        .filter(
            (word) =>
                word !== "--help" &&
                !command.options.some(
                    ({ long, short, hidden }) => !hidden && (word === long || word === short),
                ),
        )
        .map((word) => `unknown option ${word}`)
        .concat(wrongChoices(command, rest));
}

/** Values that an option with choices does not have. */
function wrongChoices(command: Command, words: readonly string[]): string[] {
    return words.flatMap((word, index) => {
        const choices = command.options.find(
            ({ long, short }) => word === long || word === short,
        )?.argChoices;
        const value = words[index + 1] ?? "";
        return choices === undefined || choices.includes(value) || value.startsWith("<")
            ? []
            : [`${word} has no choice ${value}: ${choices.join(", ")}`];
    });
}
