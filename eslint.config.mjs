import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

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
            // Ports, counts and versions belong in messages.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            // `Record<string, X>` is how the catalogue and Kubernetes' types spell maps.
            "@typescript-eslint/consistent-indexed-object-style": "off",
            // Contradicts noPropertyAccessFromIndexSignature.
            "@typescript-eslint/dot-notation": "off",
            "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
            "@typescript-eslint/switch-exhaustiveness-check": "error",
            eqeqeq: "error",
            "no-console": "error",
            "max-lines": ["error", { max: 260, skipBlankLines: true }],
        },
    },
    {
        files: ["test/**"],
        rules: {
            // mocha's `it` takes promises that nobody awaits here.
            "@typescript-eslint/no-floating-promises": "off",
            "@typescript-eslint/no-non-null-assertion": "off",
        },
    },
);
