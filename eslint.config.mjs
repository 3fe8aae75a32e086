import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";
import { RESTRICTED_COMMENTS, RESTRICTED_SYNTAX } from "./scripts/vocabulary.mjs";

/** Calls of mocha that hide tests: skips without a printed reason, selections, and retries that no reporter lists. */
const HIDING = [
    {
        selector: "CallExpression[callee.property.name='skip']",
        message: "Call skip() of test/support/skip.ts, which prints the reason.",
    },
    { selector: "CallExpression[callee.property.name='only']", message: "It would exclude all other tests." },
    {
        selector: "CallExpression[callee.property.name='retries'][arguments.0.value!=0]",
        message: "Only test/live/.mocharc.json sets retries, which its reporter lists.",
    },
];

export default tseslint.config(
    {
        ignores: [
            "build/",
            "node_modules/",
            "rendered/",
            "components/crds/*.ts",
            "**/*.js",
            "**/*.mjs",
            "**/*.cjs",
        ],
    },
    ...tseslint.configs.strictTypeChecked,
    ...tseslint.configs.stylisticTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            "@pulumi/no-output-in-template-literal": "error",
            // Allow ports, counts and versions in messages.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            // The catalogue and Kubernetes' types use `Record<string, X>` for maps.
            "@typescript-eslint/consistent-indexed-object-style": "off",
            // Conflicts with noPropertyAccessFromIndexSignature.
            "@typescript-eslint/dot-notation": "off",
            "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
            "@typescript-eslint/switch-exhaustiveness-check": "error",
            "no-restricted-syntax": ["error", ...RESTRICTED_SYNTAX],
            "no-warning-comments": ["error", RESTRICTED_COMMENTS],
            eqeqeq: "error",
            "no-console": "error",
            "max-lines": ["error", { max: 260, skipBlankLines: true }],
        },
    },
    {
        // They consist of former names.
        files: ["**/renamed*.ts"],
        rules: { "no-restricted-syntax": "off" },
    },
    {
        files: ["test/**"],
        rules: {
            // mocha awaits the promises of `it`, which the rule does not know.
            "@typescript-eslint/no-floating-promises": "off",
            "@typescript-eslint/no-non-null-assertion": "off",
        },
    },
    {
        files: ["test/**"],
        ignores: ["test/support/skip.ts"],
        rules: { "no-restricted-syntax": ["error", ...RESTRICTED_SYNTAX, ...HIDING] },
    },
    {
        // They name former names, too.
        files: ["test/**/renamed*.ts"],
        rules: { "no-restricted-syntax": ["error", ...HIDING] },
    },
);
